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
import java.util.stream.Stream;

/** The ledgers of all rooms of a test. Thread-safe. */
final class Ledgers {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final ConcurrentMap<RoomId, RoomLedger> ledgers = new ConcurrentHashMap<>();
    private final List<RoomId> order = new ArrayList<>();
    /** Of rooms whose creation was refused, which no client changes. */
    private final ConcurrentMap<RoomId, RoomLedger> refusedRooms = new ConcurrentHashMap<>();

    RoomLedger open(RoomId id) {
        synchronized (order) {
            RoomLedger ledger = new RoomLedger(id, order.size());
            ledgers.put(id, ledger);
            order.add(id);
            return ledger;
        }
    }

    /** Enters a room that must not be there, because its creation was refused. */
    void addRefused(RoomId id, RoomChange creation) {
        RoomLedger ledger = new RoomLedger(id, refusedRooms.size());
        ledger.add(creation);
        refusedRooms.put(id, ledger);
    }

    /** One that a client may see in a list a moment before its creator has entered it. */
    RoomLedger await(RoomId id) {
        return Await.value(
                "the ledger of " + id,
                LIMIT,
                () -> Optional.ofNullable(ledgers.get(id)).or(() -> Optional.ofNullable(refusedRooms.get(id))));
    }

    int size() {
        return ledgers.size();
    }

    /** Returns how many changes were refused, all of which are looked for. */
    int refusals() {
        return refusedRooms.size()
                + ledgers.values().stream().mapToInt(RoomLedger::refusals).sum();
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

    /**
     * Compares all rooms as above.
     *
     * @param allEpochs for which rooms to look at the keys of all epochs, and whether they are there at all if their creation
     *     was refused: that takes long over HTTP
     */
    void check(RoomView view, Collection<Endpoint> everyone, Predicate<RoomLedger> allEpochs) {
        assertThat(contradictions(view, everyone, allEpochs))
                .as("contradictions")
                .isEmpty();
        checkLists(view, everyone);
    }

    private List<String> contradictions(RoomView view, Collection<Endpoint> everyone, Predicate<RoomLedger> allEpochs) {
        List<String> contradictions = new ArrayList<>();
        Stream.concat(ledgers.values().stream(), refusedRooms.values().stream().filter(allEpochs))
                .forEach(ledger -> {
                    try {
                        ledger.check(view, everyone, allEpochs.test(ledger));
                    } catch (AssertionError e) {
                        contradictions.add(String.valueOf(e.getMessage()));
                    }
                });
        return contradictions;
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
