package io.unibus.embeddednats;

import java.util.List;

/** An account of the server: subjects, and streams when {@code jetStream}, that no other account sees. */
public record Account(String name, boolean jetStream, List<User> users) {
    public Account {
        if (!name.matches("[A-Za-z0-9_-]+")) {
            throw new IllegalArgumentException("an account name is letters, digits, _ and -: " + name);
        }
        users = List.copyOf(users);
    }
}
