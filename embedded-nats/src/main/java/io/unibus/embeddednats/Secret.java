package io.unibus.embeddednats;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/** A password. Its {@code toString} is {@code <redacted>}, so that it cannot get into a log by way of its owner. */
public final class Secret {
    private final String value;

    private Secret(String value) {
        this.value = Texts.requirePlain("secret", value);
    }

    public static Secret of(String value) {
        return new Secret(value);
    }

    /** The secret itself. */
    public String reveal() {
        return value;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Secret secret && MessageDigest.isEqual(bytes(), secret.bytes());
    }

    @Override
    public int hashCode() {
        return Secret.class.hashCode();
    }

    @Override
    public String toString() {
        return "<redacted>";
    }

    private byte[] bytes() {
        return value.getBytes(StandardCharsets.UTF_8);
    }
}
