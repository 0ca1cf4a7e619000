package io.unibus.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.User;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** Every change of the allowlist, and what must be true of it afterwards. Thread-safe. */
final class UserLedger {
    private final ConcurrentMap<Endpoint, Entry> entries = new ConcurrentHashMap<>();

    /**
     * @param addition whether it was acknowledged; otherwise there was no answer
     * @param revocationBegun whether it may have been revoked
     * @param revokedAt when the answer to its revocation was there, on the clock of {@link System#nanoTime}
     */
    private record Entry(boolean addition, boolean revocationBegun, Optional<Long> revokedAt) {}

    void added(Endpoint endpoint, boolean acknowledged) {
        entries.put(endpoint, new Entry(acknowledged, false, Optional.empty()));
    }

    void revoking(Endpoint endpoint) {
        entries.computeIfPresent(endpoint, (same, entry) -> new Entry(entry.addition(), true, entry.revokedAt()));
    }

    void revoked(Endpoint endpoint, long at) {
        entries.computeIfPresent(endpoint, (same, entry) -> new Entry(entry.addition(), true, Optional.of(at)));
    }

    /** When the answer to the revocation of each was there. */
    Map<Endpoint, Long> revocations() {
        Map<Endpoint, Long> revocations = new TreeMap<>();
        entries.forEach((endpoint, entry) -> entry.revokedAt().ifPresent(at -> revocations.put(endpoint, at)));
        return revocations;
    }

    int size() {
        return entries.size();
    }

    /** Compares with an allowlist at rest. */
    void check(Collection<User> found) {
        Map<Endpoint, User> users = new TreeMap<>();
        found.forEach(user -> users.put(user.endpoint(), user));
        entries.forEach((endpoint, entry) -> {
            User user = users.remove(endpoint);
            if (user == null) {
                assertThat(entry.addition()).as("user %s, lost", endpoint).isFalse();
                return;
            }
            if (entry.revokedAt().isPresent()) {
                assertThat(user.isActive())
                        .as("revoked user %s is active", endpoint)
                        .isFalse();
            }
            if (!entry.revocationBegun()) {
                assertThat(user.isActive()).as("user %s is active", endpoint).isTrue();
            }
        });
        assertThat(users).as("users whom nobody added").isEmpty();
    }
}
