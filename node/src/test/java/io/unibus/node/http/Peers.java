package io.unibus.node.http;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Handle;
import io.unibus.protocol.User;
import io.unibus.protocol.UserRole;
import io.unibus.store.Store;
import java.time.Instant;
import java.util.Arrays;

/** Who calls in tests. */
final class Peers {
    static final Endpoint ALICE = endpoint(1);
    static final Endpoint BOB = endpoint(2);
    static final Endpoint CAROL = endpoint(3);
    static final Endpoint ADMIN = endpoint(4);
    static final Endpoint REVOKED = endpoint(5);

    private static final Instant LONG_AGO = Instant.parse("2026-01-01T00:00:00Z");

    private Peers() {}

    /** Some endpoint, the same for the same number. */
    static Endpoint endpoint(int number) {
        byte[] key = new byte[32];
        Arrays.fill(key, (byte) number);
        return Endpoint.ofPublicKey(key);
    }

    /** Puts {@link #ADMIN} on the allowlist, and {@link #REVOKED} on and off. */
    static void addTo(Store store) {
        store.addUser(User.active(ADMIN, new Handle("admin"), UserRole.ADMIN, LONG_AGO));
        store.addUser(User.active(REVOKED, new Handle("mallory"), UserRole.MEMBER, LONG_AGO));
        store.revokeUser(REVOKED, LONG_AGO);
    }
}
