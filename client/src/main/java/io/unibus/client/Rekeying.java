package io.unibus.client;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.Member;
import io.unibus.protocol.RekeyRequest;
import io.unibus.protocol.Room;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.SealedKey;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** One rekey of an encrypted room, with or without the removal of a member, until its outcome is certain. One use. */
final class Rekeying {
    private static final Set<String> RACES = Set.of("epoch-conflict", "keys-do-not-cover-members");

    private final ControlPlaneClient client;
    private final Endpoint self;
    private final SecureRandom random;
    private final RoomId room;
    private final @Nullable Endpoint leaving;
    private final List<Sent> sent = new ArrayList<>();

    Rekeying(ControlPlaneClient client, Endpoint self, SecureRandom random, RoomId room, @Nullable Endpoint leaving) {
        this.client = client;
        this.self = self;
        this.random = random;
        this.room = room;
        this.leaving = leaving;
    }

    /** The keys of an attempt are recognised by one's own: sealing is randomised, so no other attempt has the same. */
    private record Sent(Epoch epoch, SealedKey ownKey) {}

    /** The room after the rekey. */
    Room run() {
        return new CertainWrite<>(RACES, this::attempt, this::carriedOut).run();
    }

    private Room attempt() {
        boolean first = sent.isEmpty();
        Room seen = client.room(room);
        Set<Endpoint> members = members();
        boolean removes = leaving != null && members.remove(leaving);
        if (leaving != null && !removes) {
            if (first) {
                throw notAMember(leaving, seen);
            }
            if (!seen.rekeyRequired()) {
                return seen; // another owner removed the member and rekeyed meanwhile
            }
        }
        return send(seen.epoch().next(), members, removes && leaving != null ? List.of(leaving) : List.of());
    }

    /**
     * The secret is new in each attempt: one of an attempt that failed may have been sealed to a member who was removed
     * meanwhile.
     */
    private Room send(Epoch epoch, Set<Endpoint> members, List<Endpoint> remove) {
        RoomSecret secret = RoomSecret.generate(random);
        Map<Endpoint, SealedKey> keys = new TreeMap<>();
        members.forEach(member -> keys.put(member, secret.seal(room, epoch, self, member)));
        Optional.ofNullable(keys.get(self)).ifPresent(key -> sent.add(new Sent(epoch, key)));
        return client.rekey(room, new RekeyRequest(epoch, keys, remove));
    }

    private Optional<Room> carriedOut() {
        boolean ours = sent.stream()
                .anyMatch(attempt -> Absence.of(() -> client.key(room, attempt.epoch()))
                        .filter(key -> key.sealedKey().equals(attempt.ownKey()))
                        .isPresent());
        return ours ? Optional.of(client.room(room)) : Optional.empty();
    }

    private Set<Endpoint> members() {
        Set<Endpoint> endpoints = new TreeSet<>();
        client.members(room).stream().map(Member::endpoint).forEach(endpoints::add);
        return endpoints;
    }

    private static ProblemException notAMember(Endpoint endpoint, Room room) {
        return new ProblemException(Problem.of(
                404,
                "member-not-found",
                endpoint + " is not a member of room " + room.roomId() + "."
                        + (room.rekeyRequired() ? " The room needs a rekey since a member left: rekey it." : "")));
    }
}
