package io.unibus.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.RoomId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Predicate;

/** The ledgers of all rooms of a test. Thread-safe. */
final class Ledgers {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final ConcurrentMap<RoomId, RoomLedger> ledgers = new ConcurrentHashMap<>();
    private final List<RoomId> order = new ArrayList<>();

    RoomLedger open(RoomId id) {
        synchronized (order) {
            RoomLedger ledger = new RoomLedger(id, order.size());
            ledgers.put(id, ledger);
            order.add(id);
            return ledger;
        }
    }

    /** One that a client may see in a list a moment before its creator has entered it. */
    RoomLedger await(RoomId id) {
        return Await.value("the ledger of " + id, LIMIT, () -> Optional.ofNullable(ledgers.get(id)));
    }

    int size() {
        return ledgers.size();
    }

    /** One of the {@code count} that were made last; empty when there is none. */
    Optional<RoomId> anyOfLast(int count, Random random) {
        synchronized (order) {
            int size = order.size();
            int choices = Math.min(count, size);
            return choices == 0 ? Optional.empty() : Optional.of(order.get(size - 1 - random.nextInt(choices)));
        }
    }

    boolean isAmongLast(RoomId id, int count) {
        return await(id).number() >= size() - count;
    }

    /** Compares all rooms, and the list of each endpoint's rooms, with a view at rest. */
    void check(RoomView view, Collection<Endpoint> everyone) {
        check(view, everyone, ledger -> true);
    }

    /** @param allEpochs for which rooms to look at the keys of all epochs: that takes long over HTTP */
    void check(RoomView view, Collection<Endpoint> everyone, Predicate<RoomLedger> allEpochs) {
        ledgers.values().forEach(ledger -> ledger.check(view, everyone, allEpochs.test(ledger)));
        checkLists(view, everyone);
    }

    /** Compares the list of each endpoint's rooms with the members of these rooms. */
    void checkLists(RoomView view, Collection<Endpoint> everyone) {
        Map<Endpoint, Set<RoomId>> byMember = new TreeMap<>();
        everyone.forEach(endpoint -> byMember.put(endpoint, new TreeSet<>()));
        for (RoomId id : ledgers.keySet()) {
            view.room(id)
                    .ifPresent(room -> room.members()
                            .forEach(member -> byMember.computeIfAbsent(member, stranger -> new TreeSet<>())
                                    .add(id)));
        }
        byMember.forEach((endpoint, rooms) ->
                assertThat(view.roomsOf(endpoint)).as("rooms of %s", endpoint).isEqualTo(rooms));
    }
}
