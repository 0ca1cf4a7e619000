package io.unibus.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.SealedKey;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Every change of one encrypted room by many clients, and what must be true of the room after them in whatever order they
 * happened: what was acknowledged has happened, what was not answered has happened whole or not at all, and nothing else
 * has, least of all what was refused. Thread-safe.
 */
final class RoomLedger {
    private final RoomId id;
    private final int number;
    /** Those that were not refused. */
    private final Queue<RoomChange> changes = new ConcurrentLinkedQueue<>();

    private final Queue<RoomChange> refusals = new ConcurrentLinkedQueue<>();

    /** @param number how many were opened before it */
    RoomLedger(RoomId id, int number) {
        this.id = id;
        this.number = number;
    }

    int number() {
        return number;
    }

    RoomId id() {
        return id;
    }

    /** A member joins only when absent and leaves only when present, so that the order does not matter. */
    void add(RoomChange change) {
        (change.isRefused() ? refusals : changes).add(change);
    }

    /** Returns how many changes were not refused. */
    int size() {
        return changes.size();
    }

    /** Returns whoever may be a member of the room, if it is there. */
    Set<Endpoint> candidates() {
        return Stream.concat(changes.stream(), refusals.stream())
                .flatMap(change -> change.joining().stream())
                .collect(Collectors.toSet());
    }

    /** Returns how many changes were refused. */
    int refusals() {
        return refusals.size();
    }

    /**
     * Compares with a view at rest after all changes were answered, or given up.
     *
     * @param shown what the view shows of the room, if it is there
     * @param withKeys whether to look at the keys of each epoch, which prove who began it
     */
    void check(RoomView view, Optional<RoomView.Found> shown, Collection<Endpoint> everyone, boolean withKeys) {
        List<RoomChange> all = List.copyOf(changes);
        RoomView.Found room = shown.orElse(null);
        if (room == null) {
            assertThat(all.stream().filter(RoomChange::acknowledged))
                    .as("acknowledged changes of %s, which does not exist", id)
                    .isEmpty();
            return;
        }
        RefusalCheck refused = new RefusalCheck(id, refusals);
        refused.judgeExistence(all);
        assertThat(all.stream().filter(change -> change.acknowledged() && change.epoch() > room.epoch()))
                .as("acknowledged changes of %s, lost: it is in epoch %d", id, room.epoch())
                .isEmpty();
        RoomVerdict verdict = new RoomVerdict(id, room, all);
        for (long epoch = 1; withKeys && epoch <= room.epoch(); epoch++) {
            Map<Endpoint, SealedKey> keys = keysOf(view, room, epoch, everyone);
            refused.judgeEpoch(epoch, keys);
            verdict.judgeEpoch(epoch, keys);
        }
        verdict.judgeMembers(everyone);
    }

    private Map<Endpoint, SealedKey> keysOf(
            RoomView view, RoomView.Found room, long epoch, Collection<Endpoint> everyone) {
        Map<Endpoint, SealedKey> keys = new TreeMap<>();
        for (Endpoint endpoint : everyone) {
            if (view.showsKeysOf(room, endpoint)) {
                view.key(id, epoch, endpoint).ifPresent(key -> keys.put(endpoint, key));
            }
        }
        return keys;
    }

    /** Whether the key of {@code endpoint} proves that the change has happened. */
    static boolean isProof(RoomChange change, Map<Endpoint, SealedKey> found) {
        Set<Map.Entry<Endpoint, SealedKey>> shared = new HashSet<>(change.keys().entrySet());
        shared.retainAll(found.entrySet());
        return !shared.isEmpty();
    }
}
