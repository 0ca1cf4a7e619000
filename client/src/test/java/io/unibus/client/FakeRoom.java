package io.unibus.client;

import io.unibus.protocol.CreateRoomRequest;
import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.Member;
import io.unibus.protocol.MemberRole;
import io.unibus.protocol.RekeyRequest;
import io.unibus.protocol.Room;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.RoomPolicy;
import io.unibus.protocol.SealedKey;
import io.unibus.protocol.Subject;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** A room of {@link FakeNode}. Thread-safe, so that tests can look and interfere. */
final class FakeRoom {
    private static final Instant TIME = Instant.parse("2026-11-21T08:50:00Z");

    final RoomId id;
    final Subject subject;
    private final RoomPolicy policy;
    private final Endpoint owner;
    private final Map<Endpoint, Member> members = new TreeMap<>();
    private final Map<Epoch, Map<Endpoint, SealedKey>> keys = new TreeMap<>();
    private Epoch epoch = Epoch.FIRST;
    private boolean rekeyRequired;

    FakeRoom(CreateRoomRequest request, Endpoint owner) {
        this.id = request.roomId().orElseThrow();
        this.subject = request.subject().orElse(Subject.defaultFor(id));
        this.policy = request.policy();
        this.owner = owner;
        members.put(owner, new Member(owner, MemberRole.OWNER, TIME));
        keys.put(Epoch.FIRST, new TreeMap<>(request.keys()));
    }

    synchronized Room view() {
        return new Room(id, subject, epoch, policy, owner, rekeyRequired, TIME, TIME);
    }

    synchronized Epoch epoch() {
        return epoch;
    }

    synchronized List<Member> members() {
        return List.copyOf(members.values());
    }

    synchronized Optional<Member> member(Endpoint endpoint) {
        return Optional.ofNullable(members.get(endpoint));
    }

    synchronized Optional<SealedKey> key(Epoch of, Endpoint endpoint) {
        return Optional.ofNullable(keys.getOrDefault(of, Map.of()).get(endpoint));
    }

    synchronized void join(Endpoint endpoint, MemberRole role, Optional<SealedKey> key) {
        members.put(endpoint, new Member(endpoint, role, TIME));
        key.ifPresent(value -> keys.getOrDefault(epoch, new TreeMap<>()).put(endpoint, value));
    }

    synchronized void leave(Endpoint endpoint) {
        members.remove(endpoint);
        rekeyRequired = policy.encrypted();
    }

    synchronized void rekey(RekeyRequest request) {
        epoch = request.epoch();
        keys.put(epoch, new TreeMap<>(request.keys()));
        request.remove().forEach(members::remove);
        rekeyRequired = false;
    }

    /** What another owner's client does meanwhile: everyone gets a new secret, whom {@code gone} names leaves. */
    synchronized RoomSecret rekeyBy(Endpoint author, SeededRandom random, Endpoint... gone) {
        RoomSecret secret = RoomSecret.generate(random);
        List<Endpoint> leaving = List.of(gone);
        Map<Endpoint, SealedKey> sealed = new TreeMap<>();
        members.keySet().stream()
                .filter(member -> !leaving.contains(member))
                .forEach(member -> sealed.put(member, secret.seal(id, epoch.next(), author, member)));
        rekey(new RekeyRequest(epoch.next(), sealed, leaving));
        return secret;
    }
}
