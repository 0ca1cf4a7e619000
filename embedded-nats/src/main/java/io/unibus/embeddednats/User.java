package io.unibus.embeddednats;

/** Who may log in to an account. */
public sealed interface User {
    /** A user that proves it holds the private part of this NKey. */
    static User nkey(String publicKey) {
        return new Nkey(publicKey);
    }

    /** A user with a password. */
    static User password(String name, Secret password) {
        return new Password(name, password);
    }

    /** See {@link User#nkey}. */
    record Nkey(String publicKey) implements User {
        public Nkey {
            if (!publicKey.matches("U[A-Z2-7]{55}")) {
                throw new IllegalArgumentException("a user's public NKey is U and 55 more characters of base 32");
            }
        }
    }

    /** See {@link User#password}. */
    record Password(String name, Secret password) implements User {
        public Password {
            Texts.requirePlain("user name", name);
        }
    }
}
