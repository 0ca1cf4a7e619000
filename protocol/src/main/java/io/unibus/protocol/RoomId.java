package io.unibus.protocol;

import java.security.SecureRandom;
import java.util.regex.Pattern;

/** Names a room for ever: 1 to 64 characters of {@code A-Z a-z 0-9 _ -}. Case counts. */
public record RoomId(String value) implements Comparable<RoomId> {
    /** The 32 digits in which ids are made, by value: those of Crockford's base 32, in lower case. */
    public static final String DIGITS = "0123456789abcdefghjkmnpqrstvwxyz";

    private static final Pattern FORM = Pattern.compile("[A-Za-z0-9_-]{1,64}");
    private static final int RANDOM_LENGTH = 26;

    /** @throws MalformedException when it has another form */
    public RoomId {
        if (!FORM.matcher(value).matches()) {
            throw new MalformedException("room-id", "a room id has 1 to 64 characters of A-Z a-z 0-9 _ -");
        }
    }

    /** A fresh id of 130 random bits. */
    public static RoomId random(SecureRandom random) {
        StringBuilder id = new StringBuilder(RANDOM_LENGTH);
        for (int i = 0; i < RANDOM_LENGTH; i++) {
            id.append(DIGITS.charAt(random.nextInt(DIGITS.length())));
        }
        return new RoomId(id.toString());
    }

    @Override
    public int compareTo(RoomId other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
