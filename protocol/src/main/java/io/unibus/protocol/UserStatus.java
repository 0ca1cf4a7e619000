package io.unibus.protocol;

import java.util.Locale;

/** Whether a user is admitted. Revocation is final: a revoked endpoint is never active again. */
public enum UserStatus {
    ACTIVE,
    REVOKED;

    /** @throws MalformedException when it is neither {@code active} nor {@code revoked} */
    public static UserStatus parse(String text) {
        for (UserStatus value : values()) {
            if (value.toString().equals(text)) {
                return value;
            }
        }
        throw new MalformedException("status", "it must be active or revoked");
    }

    /** The word on the wire and in the store. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
