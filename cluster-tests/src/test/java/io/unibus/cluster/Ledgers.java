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
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentMap;

/** The ledgers of all rooms of a test. Thread-safe. */
final class Ledgers {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final Duration COMPARISON_LIMIT = Duration.ofMinutes(30);
    private static final int AT_ONCE = 8;

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
        check(view, everyone, true);
    }

    /**
     * Compares all rooms as above, {@value #AT_ONCE} at once, since each takes long over HTTP.
     *
     * @param whole whether to look at their keys too, and whether rooms are there at all whose creation was refused
     */
    void check(RoomView view, Collection<Endpoint> everyone, boolean whole) {
        Queue<RoomLedger> left = new ConcurrentLinkedQueue<>(ledgers.values());
        if (whole) {
            left.addAll(refusedRooms.values());
        }
        Comparison comparison = new Comparison(view, everyone, whole);
        try (Workers workers = new Workers()) {
            for (int i = 0; i < AT_ONCE; i++) {
                workers.begin(() -> {
                    for (RoomLedger ledger = left.poll(); ledger != null; ledger = left.poll()) {
                        comparison.compare(ledger);
                    }
                });
            }
            workers.awaitEnd(COMPARISON_LIMIT);
        }
        comparison.finish();
    }

    /** A comparison of rooms with one view, by several threads. */
    private static final class Comparison {
        private final RoomView view;
        private final Collection<Endpoint> everyone;
        private final boolean whole;
        private final Map<Endpoint, Set<RoomId>> roomsByMember = new ConcurrentHashMap<>();
        private final Queue<String> contradictions = new ConcurrentLinkedQueue<>();

        Comparison(RoomView view, Collection<Endpoint> everyone, boolean whole) {
            this.view = view;
            this.everyone = everyone;
            this.whole = whole;
            everyone.forEach(this::roomsOf);
        }

        void compare(RoomLedger ledger) {
            Optional<RoomView.Found> room = view.room(ledger.id(), ledger.candidates());
            room.ifPresent(
                    found -> found.members().forEach(member -> roomsOf(member).add(ledger.id())));
            try {
                ledger.check(view, room, everyone, whole);
            } catch (AssertionError e) {
                contradictions.add(String.valueOf(e.getMessage()));
            }
        }

        /** Fails when a room has contradicted, or the list of an endpoint's rooms contradicts the rooms' members. */
        void finish() {
            assertThat(contradictions).as("contradictions").isEmpty();
            roomsByMember.forEach((endpoint, rooms) -> assertThat(view.roomsOf(endpoint))
                    .as("rooms of %s", endpoint)
                    .isEqualTo(rooms));
        }

        private Set<RoomId> roomsOf(Endpoint endpoint) {
            return roomsByMember.computeIfAbsent(endpoint, member -> ConcurrentHashMap.newKeySet());
        }
    }
}
