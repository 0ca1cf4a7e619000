package io.unibus.embeddednats;

import java.util.List;
import java.util.OptionalInt;

/**
 * An account of the server: subjects, and streams when {@code jetStream}, that no other account sees.
 *
 * @param maxConnections how many connections its users have at most; without one, the limit of the server is the only one
 */
public record Account(String name, boolean jetStream, List<User> users, OptionalInt maxConnections) {
    public Account {
        if (!name.matches("[A-Za-z0-9_-]+")) {
            throw new IllegalArgumentException("an account name is letters, digits, _ and -: " + name);
        }
        if (maxConnections.orElse(1) < 1) {
            throw new IllegalArgumentException("maxConnections is positive");
        }
        users = List.copyOf(users);
    }

    /** Without a limit of its own. */
    public Account(String name, boolean jetStream, List<User> users) {
        this(name, jetStream, users, OptionalInt.empty());
    }
}
