package io.unibus.cluster;

import io.unibus.client.ProblemException;
import io.unibus.client.UnreachableException;
import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Member;
import io.unibus.protocol.MemberRole;
import io.unibus.protocol.MemberRoom;
import io.unibus.protocol.Room;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.Subject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.BooleanSupplier;

/** One of many clients who change the same rooms as fast as they can. One thread. */
final class CrowdClient implements Runnable {
    private static final int SUBJECTS = 60;

    /** What a client that races others must expect; whatever else is answered is a failure. */
    private static final Set<String> CONFLICTS = Set.of(
            "409 epoch-conflict",
            "409 rekey-required",
            "409 member-exists",
            "409 last-owner",
            "409 subject-taken",
            "409 room-exists", // of a fresh id: the ledger or the judge of the history says what is wrong
            "422 keys-do-not-cover-members",
            "403 owner-only",
            "404 room-not-found",
            "404 member-not-found",
            "404 key-not-found");

    private static final int UNAVAILABLE = 503;

    private final ClusterClient client;
    private final RoomWriter writer;
    private final List<Endpoint> everyone;
    private final Ledgers ledgers;
    private final Habits habits;
    private final Random random;
    private final BooleanSupplier goesOn;

    /**
     * How it works.
     *
     * @param oneCreationIn so many acts
     * @param activeRooms how many of the rooms made last are changed
     * @param pause between acts
     * @param mayFail whether nodes are allowed to be unavailable for longer than the client's patience
     */
    record Habits(int oneCreationIn, int activeRooms, Duration pause, boolean mayFail) {
        static final Habits RESTLESS = new Habits(25, Integer.MAX_VALUE, Duration.ZERO, false);
    }

    CrowdClient(
            ClusterClient client,
            List<Endpoint> everyone,
            Ledgers ledgers,
            Habits habits,
            Random random,
            BooleanSupplier goesOn) {
        this.client = client;
        this.writer = new RoomWriter(client, ledgers, random);
        this.everyone = everyone;
        this.ledgers = ledgers;
        this.habits = habits;
        this.random = random;
        this.goesOn = goesOn;
    }

    @Override
    public void run() {
        while (goesOn.getAsBoolean()) {
            try {
                act();
            } catch (ProblemException e) {
                boolean failed = habits.mayFail() && e.status() == UNAVAILABLE;
                if (!failed && !CONFLICTS.contains(e.status() + " " + e.code())) {
                    throw e;
                }
            } catch (UnreachableException e) {
                if (!habits.mayFail()) {
                    throw e;
                }
            }
            if (!habits.pause().isZero()) {
                Await.pause(habits.pause());
            }
        }
    }

    private void act() {
        Optional<RoomId> some = ledgers.anyOfLast(habits.activeRooms(), random);
        if (some.isEmpty() || random.nextInt(habits.oneCreationIn()) == 0) {
            create();
            return;
        }
        RoomId room = some.get();
        if (random.nextInt(10) != 0) {
            List<RoomId> own = client.ask("rooms", client.caller(), node -> node.roomsOf(client.caller())).stream()
                    .map(MemberRoom::roomId)
                    .filter(id -> ledgers.isAmongLast(id, habits.activeRooms()))
                    .toList();
            room = own.isEmpty() ? room : oneOf(own);
        }
        change(room);
    }

    private void change(RoomId room) {
        switch (random.nextInt(8)) {
            case 0, 1, 2 -> invite(room);
            case 3, 4 -> rekey(room, false);
            case 5 -> rekey(room, true);
            case 6 -> remove(room);
            default -> client.ask("key", room, node -> node.key(room));
        }
    }

    /** With a subject that another room may have. */
    private void create() {
        writer.create(writer.freshId(), Optional.of(new Subject("crowd." + random.nextInt(SUBJECTS))));
    }

    private Room room(RoomId id) {
        return client.ask("room", id, node -> node.room(id));
    }

    private List<Endpoint> members(RoomId id) {
        return client.ask("members", id, node -> node.members(id)).stream()
                .map(Member::endpoint)
                .toList();
    }

    private void invite(RoomId id) {
        MemberRole role = random.nextInt(3) == 0 ? MemberRole.MEMBER : MemberRole.OWNER;
        writer.invite(id, room(id).epoch().number(), oneOf(everyone), role);
    }

    private void rekey(RoomId id, boolean removing) {
        Room room = room(id);
        List<Endpoint> remaining = new ArrayList<>(members(id));
        List<Endpoint> leaving = new ArrayList<>();
        if (removing && remaining.size() > 3) {
            leaving.add(remaining.remove(random.nextInt(remaining.size())));
        }
        writer.rekey(id, room.epoch().next().number(), remaining, leaving);
    }

    private void remove(RoomId id) {
        writer.remove(id, room(id).epoch().number(), oneOf(members(id)));
    }

    private <T> T oneOf(List<T> choices) {
        return choices.get(random.nextInt(choices.size()));
    }
}
