package io.unibus.cluster;

import io.unibus.client.ControlPlaneClient;
import io.unibus.client.OutcomeUnknownException;
import io.unibus.client.ProblemException;
import io.unibus.protocol.CreateRoomRequest;
import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.InviteRequest;
import io.unibus.protocol.MemberRole;
import io.unibus.protocol.RekeyRequest;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.RoomPolicy;
import io.unibus.protocol.SealedKey;
import io.unibus.protocol.Subject;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Changes rooms and enters into their ledgers what became of it. Each method throws what {@link ClusterClient#ask} throws,
 * but for an outcome that stayed unknown: that is entered as such, and {@code false} returned. A refusal, also that of a node
 * that could not do it at the time, is entered and thrown; what reached no node is not entered. One thread.
 */
final class RoomWriter {
    private final ClusterClient client;
    private final Ledgers ledgers;
    private final Random random;

    RoomWriter(ClusterClient client, Ledgers ledgers, Random random) {
        this.client = client;
        this.ledgers = ledgers;
        this.random = random;
    }

    RoomId freshId() {
        return new RoomId("r" + Long.toUnsignedString(random.nextLong(), 36));
    }

    boolean create(RoomId id, Optional<Subject> subject) {
        SealedKey key = key(1, client.caller());
        CreateRoomRequest request =
                new CreateRoomRequest(Optional.of(id), subject, RoomPolicy.DEFAULT, Map.of(client.caller(), key));
        RoomChange change = RoomChange.create(client.caller(), key);
        try {
            client.ask("create", id, node -> node.createRoom(request));
        } catch (OutcomeUnknownException e) {
            ledgers.open(id).add(change.unanswered());
            return false;
        } catch (ProblemException e) {
            ledgers.addRefused(id, change.refused(answerOf(e)));
            throw e;
        }
        ledgers.open(id).add(change);
        return true;
    }

    boolean invite(RoomId id, long epoch, Endpoint endpoint, MemberRole role) {
        SealedKey key = key(epoch, endpoint);
        InviteRequest request = new InviteRequest(endpoint, role, new Epoch(epoch), Optional.of(key));
        return change(
                id,
                RoomChange.invite(client.caller(), epoch, endpoint, key),
                "invite",
                node -> node.invite(id, request));
    }

    boolean remove(RoomId id, long epoch, Endpoint endpoint) {
        return change(id, RoomChange.remove(client.caller(), epoch, endpoint), "remove", node -> {
            node.removeMember(id, endpoint);
            return true;
        });
    }

    /** To {@code epoch}, for those who remain. */
    boolean rekey(RoomId id, long epoch, Collection<Endpoint> remaining, Collection<Endpoint> leaving) {
        Map<Endpoint, SealedKey> keys =
                remaining.stream().collect(Collectors.toMap(Function.identity(), member -> key(epoch, member)));
        RekeyRequest request = new RekeyRequest(new Epoch(epoch), keys, leaving);
        return change(
                id, RoomChange.rekey(client.caller(), epoch, keys, leaving), "rekey", node -> node.rekey(id, request));
    }

    private <T> boolean change(RoomId id, RoomChange change, String name, Function<ControlPlaneClient, T> request) {
        try {
            client.ask(name, id, request);
        } catch (OutcomeUnknownException e) {
            ledgers.await(id).add(change.unanswered());
            return false;
        } catch (ProblemException e) {
            ledgers.await(id).add(change.refused(answerOf(e)));
            throw e;
        }
        ledgers.await(id).add(change);
        return true;
    }

    private static String answerOf(ProblemException e) {
        return e.status() + " " + e.code();
    }

    private SealedKey key(long epoch, Endpoint recipient) {
        return FakeKey.of(client.caller(), epoch, recipient, random);
    }
}
