package io.unibus.store.jetstream;

import static io.unibus.store.StoreFixtures.NOW;
import static io.unibus.store.StoreFixtures.admin;
import static io.unibus.store.StoreFixtures.done;
import static io.unibus.store.StoreFixtures.encryptedRoom;
import static io.unibus.store.StoreFixtures.endpoint;
import static io.unibus.store.StoreFixtures.invitation;
import static io.unibus.store.StoreFixtures.member;
import static io.unibus.store.StoreFixtures.newRoom;
import static io.unibus.store.StoreFixtures.openRoom;
import static io.unibus.store.StoreFixtures.rekey;
import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.MemberRole;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.Subject;
import io.unibus.store.RoomChange;
import io.unibus.store.RoomState;
import io.unibus.store.Store;
import io.unibus.store.StoreFixtures;
import io.unibus.store.StoreInvariants;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A node dies before or after each single write of an operation. Another node then sees the operation done or not done,
 * everything goes on, and after the repair nothing is left of it.
 */
final class DeathAtEveryWriteTest {
    private static final Endpoint ALICE = endpoint(1);
    private static final Endpoint BOB = endpoint(2);
    private static final Endpoint CAROL = endpoint(3);
    private static final Endpoint DAVE = endpoint(4);
    private static final Endpoint ERIN = endpoint(5);
    private static final List<Endpoint> ENDPOINTS =
            IntStream.range(0, 10).mapToObj(StoreFixtures::endpoint).toList();
    private static final RoomId ROOM = new RoomId("_room-1");
    private static final RoomId OTHER = new RoomId("other");
    private static final RoomId LATE = new RoomId("late");
    private static final Subject LATE_SUBJECT = Subject.defaultFor(LATE);
    private static final Instant LATER = NOW.plusSeconds(60);

    private enum Operation {
        CREATE,
        CREATE_OPEN,
        INVITE,
        INVITE_BACK,
        REMOVE,
        REKEY,
        REKEY_WITH_REMOVAL,
        ADD_USER,
        REVOKE_USER,
        REVOKE_ADMIN;

        void run(Store store) {
            switch (this) {
                case CREATE -> done(store.createRoom(encryptedRoom(LATE, ALICE)));
                case CREATE_OPEN -> done(store.createRoom(openRoom(LATE, ALICE)));
                case INVITE -> commit(store, invitation(room(store), DAVE, MemberRole.MEMBER, LATER));
                case INVITE_BACK -> commit(store, invitation(room(store), ERIN, MemberRole.MEMBER, LATER));
                case REMOVE -> commit(store, done(room(store).remove(BOB, LATER)));
                case REKEY -> commit(store, rekey(room(store), "dying", List.of(), LATER));
                case REKEY_WITH_REMOVAL -> commit(store, rekey(room(store), "dying", List.of(BOB, CAROL), LATER));
                case ADD_USER -> done(store.addUser(member(DAVE)));
                case REVOKE_USER -> done(store.revokeUser(CAROL, LATER));
                case REVOKE_ADMIN -> done(store.revokeUser(ALICE, LATER));
            }
        }
    }

    /** What a reader can tell apart. */
    private record Seen(List<Object> everything) {
        static Seen of(Store store) {
            List<Object> seen = new ArrayList<>(store.users());
            for (RoomId id : List.of(ROOM, OTHER, LATE)) {
                store.findRoom(id).ifPresent(state -> {
                    seen.add(state.room());
                    seen.add(state.members());
                    for (Endpoint endpoint : ENDPOINTS) {
                        store.findKey(id, state.room().epoch(), endpoint)
                                .map(Object.class::cast)
                                .ifPresent(seen::add);
                    }
                });
            }
            ENDPOINTS.forEach(endpoint -> seen.addAll(store.roomsOf(endpoint)));
            return new Seen(seen);
        }
    }

    @ParameterizedTest
    @EnumSource
    void operationIsDoneOrNotAndNothingOfItIsLeft(Operation operation) {
        int points = 0;
        for (FaultyWrites.Fault fault : List.of(FaultyWrites.Fault.DIE_BEFORE, FaultyWrites.Fault.DIE_AFTER)) {
            for (boolean projected : List.of(true, false)) {
                for (boolean repairFirst : List.of(true, false)) {
                    int nth = 0;
                    while (diedAt(operation, nth, fault, projected, repairFirst)) {
                        nth++;
                        points++;
                    }
                }
            }
        }
        assertThat(points).as("points at which %s died", operation).isPositive();
    }

    /** False when the operation has fewer writes. */
    private static boolean diedAt(
            Operation operation, int nth, FaultyWrites.Fault fault, boolean projected, boolean repairFirst) {
        String point =
                operation + " dies, " + fault + " " + nth + (projected ? "" : ", after changes that are not projected");
        try (InMemoryStores stores = new InMemoryStores(InMemoryBuckets.toldAtOnce())) {
            prepare(stores, projected);
            Seen before = Seen.of(stores.open());
            Seen after = seenAfter(operation, projected);

            InMemoryBuckets.Client client = stores.buckets().client();
            FaultyWrites writes = new FaultyWrites(client);
            Store dying = stores.open(client, writes);
            writes.plan(nth, fault);
            boolean answered = answers(operation, dying);
            if (!writes.isOver()) {
                return false;
            }

            InMemoryBuckets.Client fresh = stores.buckets().client();
            JetStreamStore survivor = stores.open(fresh, fresh);
            Seen seen = Seen.of(survivor);
            assertThat(seen).as(point).isIn(before, after);
            if (answered) {
                assertThat(seen).as(point + " after its answer").isEqualTo(after);
            }
            checkInvariants(survivor);
            if (repairFirst) {
                repair(stores, survivor);
                assertThat(Seen.of(survivor)).as(point + ", repaired").isEqualTo(seen);
                checkNothingIsLeft(stores.buckets(), fresh.rooms(), survivor, point);
            }
            goOn(survivor);
            checkInvariants(survivor);
            repair(stores, survivor);
            checkInvariants(survivor);
            checkNothingIsLeft(stores.buckets(), fresh.rooms(), survivor, point);
            return true;
        }
    }

    private static Seen seenAfter(Operation operation, boolean projected) {
        try (InMemoryStores stores = new InMemoryStores(InMemoryBuckets.toldAtOnce())) {
            prepare(stores, projected);
            JetStreamStore store = stores.open();
            operation.run(store);
            return Seen.of(store);
        }
    }

    private static void prepare(InMemoryStores stores, boolean projected) {
        JetStreamStore store = projected ? stores.open() : stores.openNeverProjecting();
        done(store.addUser(admin(ALICE)));
        done(store.addUser(admin(BOB)));
        done(store.addUser(member(CAROL)));
        done(store.createRoom(openRoom(OTHER, CAROL)));
        RoomState state = done(store.createRoom(encryptedRoom(ROOM, ALICE)));
        state = commit(store, invitation(state, ERIN, MemberRole.MEMBER, NOW));
        state = commit(store, rekey(state, "first", List.of(ERIN), NOW));
        state = commit(store, invitation(state, BOB, MemberRole.OWNER, NOW));
        commit(store, invitation(state, CAROL, MemberRole.MEMBER, NOW));
    }

    private static boolean answers(Operation operation, Store store) {
        try {
            operation.run(store);
            return true;
        } catch (FaultyWrites.Died e) {
            return false;
        }
    }

    /** Whatever was done or not: the same subject, the same user and the same room can be worked with. */
    private static void goOn(Store store) {
        if (store.findRoom(LATE).isEmpty()) {
            done(store.createRoom(newRoom(new RoomId("taker"), LATE_SUBJECT, StoreFixtures.ENCRYPTED, BOB, LATER)));
            done(store.createRoom(newRoom(LATE, new Subject("another"), StoreFixtures.ENCRYPTED, ALICE, LATER)));
        }
        RoomState state = room(store);
        Endpoint other = state.members().containsKey(DAVE) ? DAVE : BOB;
        if (state.members().containsKey(other)) {
            state = commit(store, done(state.remove(other, LATER)));
        }
        state = commit(store, rekey(state, "going on", List.of(), LATER));
        state = commit(store, invitation(state, other, MemberRole.MEMBER, LATER));
        commit(store, rekey(state, "going on again", List.of(other), LATER));
        if (store.findUser(DAVE).isEmpty()) {
            done(store.addUser(member(DAVE)));
        }
        done(store.revokeUser(DAVE, LATER));
        done(store.addUser(admin(ERIN)));
        done(store.revokeUser(ALICE, LATER));
    }

    private static void repair(InMemoryStores stores, JetStreamStore store) {
        for (int round = 0; round < 3; round++) {
            store.repair().run();
            stores.putForward(InMemoryStores.GRACE);
        }
    }

    private static void checkInvariants(Store store) {
        new StoreInvariants(store, List.of(ROOM, OTHER, LATE, new RoomId("taker")), ENDPOINTS).check();
    }

    private static void checkNothingIsLeft(InMemoryBuckets buckets, RoomView view, Store store, String point) {
        List<RoomState> rooms = Stream.of(ROOM, OTHER, LATE, new RoomId("taker"))
                .flatMap(id -> store.findRoom(id).stream())
                .toList();
        Set<String> subjects = new TreeSet<>();
        rooms.forEach(state -> subjects.add(Keys.subject(state.room().subject())));
        assertThat(buckets.records(Bucket.ROOMS).keySet().stream()
                        .filter(Keys::isSubject)
                        .collect(Collectors.toSet()))
                .as(point + ": subjects")
                .isEqualTo(subjects);
        Projections.assertRight(buckets, rooms, point);
        for (String key : buckets.records(Bucket.ROOM_KEYS).keySet()) {
            if (!Keys.isPastEpoch(key)) {
                checkKey(buckets, view, Keys.parseSealedKey(key), point);
            }
        }
    }

    private static void checkKey(InMemoryBuckets buckets, RoomView view, Keys.OfSealedKey key, String point) {
        RoomRecord record = view.record(key.room()).orElseThrow();
        assertThat(key.epoch()).as(point + ": " + key).isLessThanOrEqualTo(record.epoch());
        KeySets sets = key.epoch().equals(record.epoch()) ? record.keySets().orElseThrow() : pastKeySets(buckets, key);
        assertThat(key.set()).as(point + ": " + key).isEqualTo(sets.nameFor(key.endpoint()));
    }

    private static KeySets pastKeySets(InMemoryBuckets buckets, Keys.OfSealedKey key) {
        Entry entry = buckets.records(Bucket.ROOM_KEYS).get(Keys.pastEpoch(key.room(), key.epoch()));
        return PastEpoch.of(Objects.requireNonNull(entry)).keySets();
    }

    private static RoomState room(Store store) {
        return store.findRoom(ROOM).orElseThrow();
    }

    private static RoomState commit(Store store, RoomChange change) {
        return store.commit(change).orElseThrow(() -> new AssertionError("the change was refused as stale"));
    }
}
