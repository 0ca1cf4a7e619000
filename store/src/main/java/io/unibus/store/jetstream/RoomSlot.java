package io.unibus.store.jetstream;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Member;
import io.unibus.protocol.RoomId;
import io.unibus.store.RoomState;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What the view knows of one room: the value of its key and the member records, which come from two feeds. Not thread-safe. */
final class RoomSlot {
    private final RoomId id;
    private final Map<Endpoint, Held<MemberRecord>> members = new TreeMap<>();
    private @Nullable Held<RoomValue> value;
    private @Nullable RoomState state;
    private long newestMember;

    RoomSlot(RoomId id) {
        this.id = id;
    }

    RoomId id() {
        return id;
    }

    Optional<Held<RoomValue>> value() {
        return Optional.ofNullable(value);
    }

    /** The record, if the room exists. */
    Optional<Held<RoomRecord>> room() {
        return value().flatMap(held -> held.value() instanceof RoomRecord record
                ? Optional.of(new Held<>(record, held.revision()))
                : Optional.empty());
    }

    void setValue(@Nullable Held<RoomValue> value) {
        this.value = value;
        state = null;
    }

    void putMember(Endpoint endpoint, Held<MemberRecord> member) {
        members.put(endpoint, member);
        long version = member.value().version();
        newestMember = Math.max(newestMember, version);
        if (!isOfLastChange(endpoint, version)) {
            state = null;
        }
    }

    void forgetMember(Endpoint endpoint) {
        if (members.remove(endpoint) != null) {
            state = null;
        }
    }

    void forgetMembers() {
        members.clear();
        newestMember = 0;
        state = null;
    }

    /** Whether nothing is known of the room. */
    boolean isEmpty() {
        return value == null && members.isEmpty();
    }

    Optional<Held<MemberRecord>> memberRecord(Endpoint endpoint) {
        return Optional.ofNullable(members.get(endpoint));
    }

    void forEachMember(Consumer<Map.Entry<Endpoint, Held<MemberRecord>>> visitor) {
        members.entrySet().forEach(visitor);
    }

    /** Whether room and members fit together: neither feed is behind what the other told of this room. */
    boolean isWhole(long membersApplied) {
        Optional<RoomRecord> record = room().map(Held::value);
        long version = record.map(RoomRecord::version).orElse(0L);
        long membersSeq = record.map(RoomRecord::membersSeq).orElse(0L);
        return newestMember <= version && membersApplied >= membersSeq;
    }

    /** The room with its members; only to be asked while it {@link #isWhole}. */
    Optional<RoomState> state() {
        if (state == null) {
            state = room().map(this::assemble).orElse(null);
        }
        return Optional.ofNullable(state);
    }

    /** One member of {@link #state}, without assembling it. */
    Optional<Member> member(Endpoint endpoint) {
        Optional<Delta> delta = room().map(held -> held.value().delta());
        if (delta.isPresent() && delta.get().concerns(endpoint)) {
            return Optional.ofNullable(delta.get().joined().get(endpoint)).map(Delta.Joined::member);
        }
        return memberRecord(endpoint).flatMap(held -> held.value().member());
    }

    /** Up to where the members bucket has what the last change did, or empty when some of it is not known to be there. */
    OptionalLong settled(RoomRecord record) {
        long settled = 0;
        for (Endpoint endpoint : record.delta().endpoints()) {
            Held<MemberRecord> member = members.get(endpoint);
            if (member == null || member.value().version() < record.version()) {
                return OptionalLong.empty();
            }
            settled = Math.max(settled, member.revision());
        }
        return OptionalLong.of(settled);
    }

    private RoomState assemble(Held<RoomRecord> room) {
        Map<Endpoint, Member> assembled = new TreeMap<>();
        members.forEach((endpoint, held) -> held.value().member().ifPresent(member -> assembled.put(endpoint, member)));
        room.value().delta().applyTo(assembled);
        return RoomState.of(room.value().room(), room.revision(), assembled.values());
    }

    private boolean isOfLastChange(Endpoint endpoint, long version) {
        return room().map(Held::value)
                .filter(record -> record.version() == version && record.delta().concerns(endpoint))
                .isPresent();
    }
}
