package io.unibus.cluster;

import io.unibus.client.ControlPlaneClient;
import io.unibus.client.ProblemException;
import io.unibus.protocol.CreateRoomRequest;
import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.InviteRequest;
import io.unibus.protocol.Member;
import io.unibus.protocol.MemberRole;
import io.unibus.protocol.RekeyRequest;
import io.unibus.protocol.Room;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.RoomPolicy;
import io.unibus.protocol.SealedKey;
import io.unibus.protocol.Subject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.stream.Collectors;

/** One of many clients who change the same rooms as fast as they can. One thread. */
final class CrowdClient implements Runnable {
    private static final int SEALED_BYTES = 113;
    private static final int SUBJECTS = 60;
    private static final Duration LEDGER_LIMIT = Duration.ofSeconds(10);

    /** What a client that races others must expect; whatever else is answered is a failure. */
    private static final Set<String> CONFLICTS = Set.of(
            "409 epoch-conflict",
            "409 rekey-required",
            "409 member-exists",
            "409 last-owner",
            "409 subject-taken",
            "422 keys-do-not-cover-members",
            "403 owner-only",
            "404 room-not-found",
            "404 member-not-found",
            "404 key-not-found");

    private final ControlPlaneClient node;
    private final List<Endpoint> everyone;
    private final ConcurrentMap<RoomId, RoomLedger> ledgers;
    private final ConcurrentMap<String, LongAdder> outcomes;
    private final Random random;
    private final long deadline;

    /**
     * @param ledgers of all rooms, shared by all clients
     * @param outcomes counted by name, shared by all clients
     * @param deadline on the clock of {@link System#nanoTime}
     */
    CrowdClient(
            ControlPlaneClient node,
            List<Endpoint> everyone,
            ConcurrentMap<RoomId, RoomLedger> ledgers,
            ConcurrentMap<String, LongAdder> outcomes,
            Random random,
            long deadline) {
        this.node = node;
        this.everyone = everyone;
        this.ledgers = ledgers;
        this.outcomes = outcomes;
        this.random = random;
        this.deadline = deadline;
    }

    @Override
    public void run() {
        while (System.nanoTime() - deadline < 0) {
            try {
                count(act());
            } catch (ProblemException e) {
                String conflict = e.status() + " " + e.code();
                if (!CONFLICTS.contains(conflict)) {
                    throw e;
                }
                count(conflict);
            }
        }
    }

    private void count(String outcome) {
        outcomes.computeIfAbsent(outcome, first -> new LongAdder()).increment();
    }

    private String act() {
        if (ledgers.isEmpty() || random.nextInt(25) == 0) {
            return create();
        }
        List<RoomId> own =
                node.roomsOf(node.caller()).stream().map(room -> room.roomId()).toList();
        count("rooms listed");
        RoomId room = own.isEmpty() || random.nextInt(10) == 0 ? oneOf(List.copyOf(ledgers.keySet())) : oneOf(own);
        return switch (random.nextInt(8)) {
            case 0, 1, 2 -> invite(room);
            case 3, 4 -> rekey(room, false);
            case 5 -> rekey(room, true);
            case 6 -> remove(room);
            default -> readKey(room);
        };
    }

    /** With a subject that another room may have. */
    private String create() {
        RoomId id = new RoomId("r" + Long.toUnsignedString(random.nextLong(), 36));
        SealedKey key = someKey();
        Subject subject = new Subject("crowd." + random.nextInt(SUBJECTS));
        node.createRoom(new CreateRoomRequest(
                Optional.of(id), Optional.of(subject), RoomPolicy.DEFAULT, Map.of(node.caller(), key)));
        RoomLedger ledger = new RoomLedger(id);
        ledger.created(node.caller(), key);
        ledgers.put(id, ledger);
        return "rooms created";
    }

    private String invite(RoomId id) {
        Room room = node.room(id);
        Endpoint endpoint = oneOf(everyone);
        SealedKey key = someKey();
        MemberRole role = random.nextInt(3) == 0 ? MemberRole.MEMBER : MemberRole.OWNER;
        node.invite(id, new InviteRequest(endpoint, role, room.epoch(), Optional.of(key)));
        ledger(id).invited(endpoint, room.epoch().number(), key);
        return "members invited";
    }

    private String rekey(RoomId id, boolean removing) {
        Room room = node.room(id);
        List<Endpoint> remaining =
                new ArrayList<>(node.members(id).stream().map(Member::endpoint).toList());
        List<Endpoint> leaving = new ArrayList<>();
        if (removing && remaining.size() > 3) {
            leaving.add(remaining.remove(random.nextInt(remaining.size())));
        }
        Map<Endpoint, SealedKey> keys =
                remaining.stream().collect(Collectors.toMap(Function.identity(), member -> someKey()));
        Epoch next = room.epoch().next();
        node.rekey(id, new RekeyRequest(next, keys, leaving));
        ledger(id).rekeyed(node.caller(), next.number(), keys, leaving);
        return "rooms rekeyed";
    }

    private String remove(RoomId id) {
        Endpoint endpoint =
                oneOf(node.members(id).stream().map(Member::endpoint).toList());
        node.removeMember(id, endpoint);
        ledger(id).removed(endpoint);
        return "members removed";
    }

    private String readKey(RoomId id) {
        node.key(id);
        return "keys read";
    }

    /** The room's ledger, which a client may see a moment before its creator has entered it. */
    private RoomLedger ledger(RoomId id) {
        return Await.value("the ledger of " + id, LEDGER_LIMIT, () -> Optional.ofNullable(ledgers.get(id)));
    }

    private SealedKey someKey() {
        byte[] bytes = new byte[SEALED_BYTES];
        random.nextBytes(bytes);
        return SealedKey.of(bytes);
    }

    private <T> T oneOf(List<T> choices) {
        return choices.get(random.nextInt(choices.size()));
    }
}
