package io.unibus.protocol;

import java.util.Locale;

/** What a user may do: an admin also manages the allowlist. */
public enum UserRole {
    ADMIN,
    MEMBER;

    /** @throws MalformedException when it is neither {@code admin} nor {@code member} */
    public static UserRole parse(String text) {
        for (UserRole value : values()) {
            if (value.toString().equals(text)) {
                return value;
            }
        }
        throw new MalformedException("role", "it must be admin or member");
    }

    /** The word on the wire and in the store. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
