package io.unibus.cluster;

import io.unibus.client.ProblemException;
import io.unibus.client.UnreachableException;
import io.unibus.protocol.Endpoint;
import io.unibus.protocol.MemberRole;
import io.unibus.protocol.RoomId;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One of a few owners who change the key of the same room again and again, so that a write is under way at any moment. The
 * first of them makes a new room now and then. One thread.
 */
final class RekeyRacer implements Runnable {
    private static final Duration PAUSE = Duration.ofMillis(5);
    private static final Duration PAUSE_AFTER_FAILURE = Duration.ofMillis(20);
    private static final int EPOCHS_PER_ROOM = 60;

    /** What a racer must expect, besides that a node is unavailable: others were first, or not yet invited. */
    private static final Set<String> CONFLICTS = Set.of(
            "409 epoch-conflict",
            "409 room-exists", // of a fresh id: the ledger or the judge of the history says what is wrong
            "422 keys-do-not-cover-members",
            "403 owner-only",
            "404 room-not-found");

    private static final int UNAVAILABLE = 503;

    private final ClusterClient client;
    private final RoomWriter writer;
    private final List<Endpoint> racers;
    private final Ledgers ledgers;
    private final Random random;
    private final BooleanSupplier goesOn;
    private @Nullable RoomId room;
    /** Zero when it has to be asked for. */
    private long epoch;

    /**
     * @param racers all of them; the first makes the rooms
     * @param ledgers of their rooms and no others
     */
    RekeyRacer(ClusterClient client, List<Endpoint> racers, Ledgers ledgers, Random random, BooleanSupplier goesOn) {
        this.client = client;
        this.writer = new RoomWriter(client, ledgers, random);
        this.racers = List.copyOf(racers);
        this.ledgers = ledgers;
        this.random = random;
        this.goesOn = goesOn;
    }

    @Override
    public void run() {
        while (goesOn.getAsBoolean()) {
            Await.pause(isAcknowledged() ? PAUSE : PAUSE_AFTER_FAILURE);
        }
    }

    private boolean isAcknowledged() {
        try {
            return act();
        } catch (UnreachableException e) {
            return false;
        } catch (ProblemException e) {
            if (e.status() != UNAVAILABLE && !CONFLICTS.contains(e.status() + " " + e.code())) {
                throw e;
            }
            return false;
        }
    }

    private boolean act() {
        Optional<RoomId> latest = ledgers.anyOfLast(1, random);
        if (client.caller().equals(racers.get(0)) && (latest.isEmpty() || epoch >= EPOCHS_PER_ROOM)) {
            return begin(writer.freshId());
        }
        return latest.isPresent() && rekey(latest.get());
    }

    /** Makes a room that counts as begun, so that the next act makes another, until all are invited. */
    private boolean begin(RoomId id) {
        room = id;
        epoch = EPOCHS_PER_ROOM;
        boolean all = writer.create(id, Optional.empty())
                && racers.stream().skip(1).allMatch(racer -> writer.invite(id, 1, racer, MemberRole.OWNER));
        epoch = all ? 1 : EPOCHS_PER_ROOM;
        return all;
    }

    private boolean rekey(RoomId id) {
        if (!id.equals(room) || epoch == 0) {
            room = id;
            epoch = client.ask("room", id, node -> node.room(id)).epoch().number();
        }
        long next = epoch + 1;
        epoch = 0;
        boolean acknowledged = writer.rekey(id, next, racers, List.of());
        if (acknowledged) {
            epoch = next;
        }
        return acknowledged;
    }
}
