package io.unibus.embeddednats;

import java.util.List;

/** An account of the server: subjects, and streams when {@code jetStream}, that no other account sees. */
public record Account(String name, boolean jetStream, List<User> users) {
    public Account {
        Texts.requirePlain("account name", name);
        users = List.copyOf(users);
    }
}
