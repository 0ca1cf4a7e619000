package io.unibus.store.jetstream;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.JsonObject;
import io.unibus.protocol.JsonWriter;
import io.unibus.protocol.MalformedException;
import io.unibus.protocol.Member;
import io.unibus.protocol.Room;
import io.unibus.protocol.RoomId;
import io.unibus.store.NewRoom;
import io.unibus.store.RoomChange;
import io.unibus.store.RoomState;
import io.unibus.store.StoreUnusableException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/**
 * The record of a room: the whole of it, members included. A compare-and-set of this one value commits a change. Immutable.
 *
 * @param state the room and its members at the revision of this record; the revision is 0 until the record is written
 * @param version the number of changes, the creation included
 * @param recent the changes that led here, the last one last; only the last {@value #REMEMBERED}
 * @param keySets where the sealed keys of the current epoch are; empty in a room without encryption
 */
record RoomRecord(RoomState state, long version, List<String> recent, Optional<KeySets> keySets) {
    static final int REMEMBERED = 8;

    /**
     * The largest number of members of a room that an import brings: as many as a record of {@link #LARGEST} bytes holds.
     * Invitations end earlier, at {@link RoomState#MAX_MEMBERS}.
     */
    static final int MOST_MEMBERS = 17_000;

    /** In bytes: a little under the megabyte that a server takes as one message, of which some is for its headers. */
    private static final int LARGEST = 1_000_000;

    RoomRecord {
        recent = List.copyOf(recent);
    }

    /**
     * Returns the first record of a room.
     *
     * @param change identifies the creation
     * @param keySet names the set of the creator's sealed key
     */
    static RoomRecord created(NewRoom created, String change, String keySet) {
        Room room = Times.kept(created.room());
        return new RoomRecord(
                RoomState.of(room, 0, Set.of(Times.kept(created.owner()))),
                1,
                List.of(change),
                room.policy().encrypted() ? Optional.of(KeySets.of(keySet)) : Optional.empty());
    }

    /**
     * Returns the record after a change that was decided on this one.
     *
     * @param changeId identifies the change
     * @param newKeySets where the sealed keys of the room are after the change
     */
    RoomRecord after(RoomChange change, String changeId, Optional<KeySets> newKeySets) {
        Map<Endpoint, Member> members = new TreeMap<>(state.members());
        change.leaving().forEach(members::remove);
        change.joining().forEach(member -> members.put(member.endpoint(), Times.kept(member)));
        return next(RoomState.of(Times.kept(change.room()), 0, members.values()), changeId, newKeySets);
    }

    /** Returns the record after an import, which found this one. */
    RoomRecord replaced(Room room, Collection<Member> members, String change, Optional<KeySets> importedKeySets) {
        return next(RoomState.of(room, 0, members), change, importedKeySets);
    }

    private RoomRecord next(RoomState after, String change, Optional<KeySets> afterKeySets) {
        List<String> changes = new ArrayList<>(recent);
        changes.add(change);
        return new RoomRecord(
                after,
                version + 1,
                changes.subList(Math.max(0, changes.size() - REMEMBERED), changes.size()),
                afterKeySets);
    }

    /** Returns this record as the bucket has it at a revision. */
    RoomRecord at(long revision) {
        return new RoomRecord(new RoomState(state.room(), revision, state.members()), version, recent, keySets);
    }

    Room room() {
        return state.room();
    }

    RoomId roomId() {
        return state.room().roomId();
    }

    Epoch epoch() {
        return state.room().epoch();
    }

    long revision() {
        return state.revision();
    }

    /** Returns the change that made this record; empty text when it is unknown. */
    String lastChange() {
        return recent.isEmpty() ? "" : recent.get(recent.size() - 1);
    }

    /** Returns whether a change is among those that led here, as far as they are remembered. */
    boolean isOf(String change) {
        return recent.contains(change);
    }

    /**
     * Reads a record.
     *
     * @param interned gives the one instance of an endpoint that is to be kept
     * @throws MalformedException when it has another form, such as that of a newer or an older unibus
     */
    static RoomRecord fromJson(byte[] bytes, long revision, UnaryOperator<Endpoint> interned) {
        JsonObject json = JsonObject.parse(bytes);
        Room room = Room.fromJson(
                json.object("room").orElseThrow(() -> new MalformedException("json", "field room is missing")));
        List<Member> members = new ArrayList<>();
        SortedMap<Endpoint, String> joiners = new TreeMap<>();
        for (String line : json.strings("members")) {
            MemberLine member = MemberLine.parse(line, interned);
            members.add(member.member());
            member.keySet().ifPresent(set -> joiners.put(member.member().endpoint(), set));
        }
        joiners.putAll(KeySets.parseJoiners(json.strings("left"), interned));
        RoomRecord record = new RoomRecord(
                RoomState.of(room, revision, members),
                json.requiredLong("version"),
                json.strings("recent"),
                json.string("key_set").map(set -> new KeySets(set, joiners)));
        json.refuseUnknownFields();
        if (record.state.members().size() != members.size()) {
            throw new MalformedException("json", "a member is listed twice");
        }
        return record;
    }

    private byte[] toJson() {
        SortedMap<Endpoint, String> joiners = keySets.map(KeySets::joiners).orElseGet(Collections::emptySortedMap);
        Map<Endpoint, String> left = new TreeMap<>(joiners);
        left.keySet().removeAll(state.members().keySet());
        return JsonWriter.object(json -> {
            json.object("room", room()::writeFields);
            json.field("version", version);
            json.strings("recent", recent);
            keySets.ifPresent(sets -> json.field("key_set", sets.name()));
            json.strings(
                    "members",
                    state.members().values().stream()
                            .map(member ->
                                    new MemberLine(member, Optional.ofNullable(joiners.get(member.endpoint()))).text())
                            .toList());
            if (!left.isEmpty()) {
                json.strings("left", KeySets.joinerLines(left));
            }
        });
    }

    /**
     * Returns the bytes to write, which were read back and found to say the same.
     *
     * @throws StoreUnusableException when no node could take or read them; nothing may be written then
     */
    byte[] toVerifiedJson() {
        byte[] bytes = toJson();
        if (bytes.length > LARGEST) {
            throw unwritable("it has " + state.members().size() + " members and " + bytes.length + " bytes, and "
                    + LARGEST + " fit into one message");
        }
        try {
            if (fromJson(bytes, revision(), UnaryOperator.identity()).equals(this)) {
                return bytes;
            }
        } catch (MalformedException e) {
            throw unwritable(e.getMessage());
        }
        throw unwritable("read back, it says something else");
    }

    private StoreUnusableException unwritable(String why) {
        return new StoreUnusableException(
                "the record of room " + roomId() + " was not written, since no node could read it: " + why, null);
    }
}
