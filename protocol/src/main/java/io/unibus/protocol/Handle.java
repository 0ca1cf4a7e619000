package io.unibus.protocol;

import java.util.regex.Pattern;

/** A user's name for people: 1 to 64 characters of letters, digits and {@code . _ @ + -}. Need not be unique. */
public record Handle(String value) {
    private static final Pattern FORM = Pattern.compile("[\\p{L}\\p{N}][\\p{L}\\p{M}\\p{N}._@+-]{0,63}");

    /** @throws MalformedException when it has another form */
    public Handle {
        if (!FORM.matcher(value).matches()) {
            throw new MalformedException(
                    "handle", "a handle has 1 to 64 letters, digits or . _ @ + - and begins with a letter or digit");
        }
    }

    @Override
    public String toString() {
        return value;
    }
}
