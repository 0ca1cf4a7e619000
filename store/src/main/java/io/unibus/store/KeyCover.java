package io.unibus.store;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.RoomPolicy;
import io.unibus.protocol.SealedKey;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;

/** The rule that sealed keys are for exactly the endpoints that need one: all in an encrypted room, none in another. */
final class KeyCover {
    private KeyCover() {}

    /** The keys themselves when they cover exactly {@code endpoints} under {@code policy}. */
    static Outcome<SortedMap<Endpoint, SealedKey>> of(
            RoomPolicy policy, Set<Endpoint> endpoints, SortedMap<Endpoint, SealedKey> keys) {
        Set<Endpoint> needed = policy.encrypted() ? endpoints : Set.of();
        SortedSet<Endpoint> missing = new TreeSet<>(needed);
        missing.removeAll(keys.keySet());
        SortedSet<Endpoint> extra = new TreeSet<>(keys.keySet());
        extra.removeAll(needed);
        if (missing.isEmpty() && extra.isEmpty()) {
            return Outcome.done(keys);
        }
        return Outcome.refused(new Rejection.KeysDoNotCoverMembers(missing, extra));
    }
}
