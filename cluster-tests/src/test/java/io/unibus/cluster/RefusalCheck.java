package io.unibus.cluster;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.SealedKey;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The refused changes of a room, none of which may show in it. Each attempt has sealed keys of its own, so that one such key
 * in the room proves that the change was applied. Fails at the first contradiction. One thread.
 */
final class RefusalCheck {
    private final RoomId id;
    private final List<RoomChange> creations;
    /** The refused changes by the keys that they would have given. */
    private final Map<SealedKey, RoomChange> byKey = new HashMap<>();

    RefusalCheck(RoomId id, Collection<RoomChange> refusals) {
        this.id = id;
        this.creations = refusals.stream().filter(RefusalCheck::isCreation).toList();
        refusals.forEach(change -> change.keys().values().forEach(key -> byKey.put(key, change)));
    }

    /**
     * Requires a creation that was not refused, of a room that exists.
     *
     * @param others the changes that were not refused
     */
    void judgeExistence(List<RoomChange> others) {
        if (others.stream().noneMatch(RefusalCheck::isCreation)) {
            creations.forEach(change -> {
                throw applied(change, "for the room exists");
            });
        }
    }

    /** Requires that no key of an epoch is one of a refused change. */
    void judgeEpoch(long epoch, Map<Endpoint, SealedKey> found) {
        found.forEach((endpoint, key) -> Optional.ofNullable(byKey.get(key)).ifPresent(change -> {
            throw applied(
                    change, "which gave " + endpoint + " its key of epoch " + epoch + ": " + FakeKey.describe(key));
        }));
    }

    private AssertionError applied(RoomChange change, String proof) {
        return new AssertionError(
                "refused (" + change.answer() + ") and applied in " + id + ": " + change.kind() + ", " + proof);
    }

    private static boolean isCreation(RoomChange change) {
        return change.kind() == RoomChange.Kind.CREATE;
    }
}
