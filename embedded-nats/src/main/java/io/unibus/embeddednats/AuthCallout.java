package io.unibus.embeddednats;

import java.time.Duration;
import java.util.List;

/**
 * Lets a service decide about every login but those of {@code authUsers}.
 *
 * @param issuer the public account NKey whose signature under an answer the server accepts
 * @param account where the service listens
 * @param authUsers user names or public user NKeys that log in without the service, the service itself among them
 * @param timeout how long a login may take, and with it how long the server waits for an answer
 */
public record AuthCallout(String issuer, String account, List<String> authUsers, Duration timeout) {
    public AuthCallout {
        if (!issuer.matches("A[A-Z2-7]{55}")) {
            throw new IllegalArgumentException("the issuer is a public account NKey: A and 55 more characters");
        }
        Texts.requirePlain("account name", account);
        authUsers = List.copyOf(authUsers);
        if (authUsers.isEmpty()) {
            throw new IllegalArgumentException("authUsers is empty: the service itself could not log in");
        }
        authUsers.forEach(user -> Texts.requirePlain("user", user));
        if (timeout.toMillis() < 1) {
            throw new IllegalArgumentException("the timeout is at least a millisecond, not " + timeout);
        }
    }
}
