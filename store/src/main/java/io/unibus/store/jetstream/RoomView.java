package io.unibus.store.jetstream;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.MalformedException;
import io.unibus.protocol.MemberRoom;
import io.unibus.protocol.Room;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.Subject;
import io.unibus.store.QuorumUnconfirmedException;
import io.unibus.store.RoomState;
import io.unibus.store.StoreUnavailableException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Rooms and members in memory, as the feeds of two buckets tell of them. Thread-safe.
 *
 * <p>The feeds are not of one moment. A room is answered only when room and members fit together; until then a reader
 * waits. How old the answer is, is for the fences to say.
 */
final class RoomView {
    private final Map<RoomId, RoomSlot> rooms = new HashMap<>();
    private final Map<Endpoint, Memberships> memberships = new HashMap<>();
    private final Map<Subject, Held<Reservation>> openReservations = new HashMap<>();
    private final Unreadable unreadableRooms = new Unreadable(Bucket.ROOMS);
    private final Unreadable unreadableMembers = new Unreadable(Bucket.MEMBERS);
    private long membersApplied;
    private long membersNeeded;
    private int waiting;

    /** The rooms in which an endpoint may be a member; each is to be looked at. */
    private record Memberships(Endpoint endpoint, TreeSet<RoomId> rooms) {}

    EntryListener rooms() {
        return new EntryListener() {
            @Override
            public void apply(Entry entry) {
                applyRoom(entry);
            }

            @Override
            public void clear() {
                clearRooms();
            }
        };
    }

    EntryListener members() {
        return new EntryListener() {
            @Override
            public void apply(Entry entry) {
                applyMember(entry);
            }

            @Override
            public void clear() {
                clearMembers();
            }
        };
    }

    /** The room and its members at one revision. @throws QuorumUnconfirmedException when they do not fit together in time */
    synchronized Optional<RoomState> state(RoomId id, Deadline deadline) {
        return await(deadline, () -> {
            unreadableRooms.refuse(Keys.room(id));
            RoomSlot slot = rooms.get(id);
            if (slot == null) {
                return Optional.empty();
            }
            refuseUnreadableMembers(id);
            return slot.isWhole(membersApplied) ? slot.state() : null;
        });
    }

    /** The rooms of an endpoint by room id. @throws QuorumUnconfirmedException when the feeds do not fit together in time */
    synchronized List<MemberRoom> roomsOf(Endpoint endpoint, Deadline deadline) {
        return await(deadline, () -> {
            unreadableRooms.refuseAny();
            unreadableMembers.refuseAny();
            return membersApplied < membersNeeded ? null : memberRooms(endpoint);
        });
    }

    /** What stands under the key of a room, which need not be a room that exists. */
    synchronized Optional<Held<RoomValue>> value(RoomId id) {
        unreadableRooms.refuse(Keys.room(id));
        return Optional.ofNullable(rooms.get(id)).flatMap(RoomSlot::value);
    }

    /** The record of a room that exists. */
    synchronized Optional<Held<RoomRecord>> record(RoomId id) {
        unreadableRooms.refuse(Keys.room(id));
        return Optional.ofNullable(rooms.get(id)).flatMap(RoomSlot::room);
    }

    /** Waits until a room exists, but not for ever. */
    synchronized Optional<Held<RoomRecord>> awaitRecord(RoomId id, Deadline deadline) {
        try {
            return Optional.of(await(deadline, () -> record(id).orElse(null)));
        } catch (QuorumUnconfirmedException e) {
            return Optional.empty();
        }
    }

    /** The member's record, or that it left; empty also when the key was removed. */
    synchronized Optional<Held<MemberRecord>> memberRecord(RoomId id, Endpoint endpoint) {
        unreadableMembers.refuse(Keys.member(id, endpoint));
        return Optional.ofNullable(rooms.get(id)).flatMap(slot -> slot.memberRecord(endpoint));
    }

    /** Up to where the members bucket has what the last change did, or empty when some of it is not known to be there. */
    synchronized OptionalLong settled(RoomRecord record) {
        RoomSlot slot = rooms.get(record.roomId());
        return slot == null ? OptionalLong.empty() : slot.settled(record);
    }

    /** The records whose last change is not known to be settled. */
    synchronized List<RoomRecord> unsettled() {
        List<RoomRecord> unsettled = new ArrayList<>();
        for (RoomSlot slot : rooms.values()) {
            slot.room()
                    .map(Held::value)
                    .filter(record -> slot.settled(record).isEmpty())
                    .ifPresent(unsettled::add);
        }
        return unsettled;
    }

    /** The marks of members who left, by key, after which the room changed again: no reader needs them. */
    synchronized Map<String, Long> staleTombstones() {
        Map<String, Long> stale = new HashMap<>();
        for (RoomSlot slot : rooms.values()) {
            long version = slot.room().map(held -> held.value().version()).orElse(0L);
            slot.forEachMember(member -> {
                MemberRecord record = member.getValue().value();
                if (record.member().isEmpty() && record.version() < version) {
                    stale.put(
                            Keys.member(slot.id(), member.getKey()),
                            member.getValue().revision());
                }
            });
        }
        return stale;
    }

    /** The subjects that are held for rooms that do not exist, or exist with another subject. */
    synchronized Map<Subject, Held<Reservation>> openReservations() {
        return Map.copyOf(openReservations);
    }

    /** The version that made an endpoint a member, as far as the view knows; empty when it is none. */
    synchronized OptionalLong membership(RoomId id, Endpoint endpoint) {
        RoomSlot slot = rooms.get(id);
        if (slot == null || slot.member(endpoint).isEmpty()) {
            return OptionalLong.empty();
        }
        Optional<Held<RoomRecord>> room = slot.room();
        if (room.isPresent() && room.get().value().delta().joined().containsKey(endpoint)) {
            return OptionalLong.of(room.get().value().version());
        }
        return OptionalLong.of(slot.memberRecord(endpoint).orElseThrow().value().version());
    }

    /** Hands over every settled membership. */
    synchronized void forEachMembership(Consumer<Keys.OfMember> visitor) {
        for (RoomSlot slot : rooms.values()) {
            slot.forEachMember(member -> {
                if (member.getValue().value().member().isPresent()) {
                    visitor.accept(new Keys.OfMember(slot.id(), member.getKey()));
                }
            });
        }
    }

    private synchronized void applyRoom(Entry entry) {
        if (Keys.isRecord(entry.key())) {
            unreadableRooms.remove(entry.key());
            try {
                if (Keys.isSubject(entry.key())) {
                    putReservation(Keys.parseSubject(entry.key()), entry);
                } else {
                    putRoom(Keys.parseRoom(entry.key()), entry);
                }
            } catch (MalformedException e) {
                unreadableRooms.add(entry.key(), e);
            }
        }
        wake();
    }

    private void putRoom(RoomId id, Entry entry) {
        RoomSlot slot = rooms.computeIfAbsent(id, RoomSlot::new);
        slot.setValue(null);
        if (entry.deleted()) {
            dropIfEmpty(slot);
            return;
        }
        RoomValue value = RoomValue.fromJson(entry.value());
        slot.setValue(new Held<>(value, entry.revision()));
        if (value instanceof RoomRecord record) {
            membersNeeded = Math.max(membersNeeded, record.membersSeq());
            record.delta()
                    .joined()
                    .keySet()
                    .forEach(endpoint -> memberships(endpoint).rooms().add(slot.id()));
            Subject subject = record.room().subject();
            openReservations.computeIfPresent(
                    subject, (key, held) -> held.value().room().equals(id) ? null : held);
        }
    }

    private void putReservation(Subject subject, Entry entry) {
        openReservations.remove(subject);
        if (entry.deleted()) {
            return;
        }
        Reservation reservation = Reservation.fromJson(entry.value());
        Optional<Room> room = Optional.ofNullable(rooms.get(reservation.room()))
                .flatMap(RoomSlot::room)
                .map(held -> held.value().room());
        if (room.map(Room::subject).filter(subject::equals).isEmpty()) {
            openReservations.put(subject, new Held<>(reservation, entry.revision()));
        }
    }

    private synchronized void applyMember(Entry entry) {
        membersApplied = entry.revision();
        if (Keys.isRecord(entry.key())) {
            unreadableMembers.remove(entry.key());
            try {
                putMember(Keys.parseMember(entry.key()), entry);
            } catch (MalformedException e) {
                unreadableMembers.add(entry.key(), e);
            }
        }
        wake();
    }

    private void putMember(Keys.OfMember key, Entry entry) {
        RoomSlot slot = rooms.computeIfAbsent(key.room(), RoomSlot::new);
        Memberships of = memberships(key.endpoint());
        slot.forgetMember(of.endpoint());
        boolean isMember = false;
        if (!entry.deleted()) {
            MemberRecord record = MemberRecord.fromJson(of.endpoint(), entry.value());
            slot.putMember(of.endpoint(), new Held<>(record, entry.revision()));
            isMember = record.member().isPresent();
        }
        if (isMember) {
            of.rooms().add(slot.id());
        } else if (slot.member(of.endpoint()).isEmpty()) {
            of.rooms().remove(slot.id());
        }
        if (of.rooms().isEmpty()) {
            memberships.remove(of.endpoint());
        }
        dropIfEmpty(slot);
    }

    private synchronized void clearRooms() {
        rooms.values().forEach(slot -> slot.setValue(null));
        rooms.values().removeIf(RoomSlot::isEmpty);
        openReservations.clear();
        unreadableRooms.clear();
        membersNeeded = 0;
        wake();
    }

    private synchronized void clearMembers() {
        memberships.clear();
        rooms.values().forEach(slot -> {
            slot.forgetMembers();
            slot.room()
                    .ifPresent(held -> held.value()
                            .delta()
                            .joined()
                            .keySet()
                            .forEach(endpoint -> memberships(endpoint).rooms().add(slot.id())));
        });
        rooms.values().removeIf(RoomSlot::isEmpty);
        unreadableMembers.clear();
        membersApplied = 0;
        wake();
    }

    private @Nullable List<MemberRoom> memberRooms(Endpoint endpoint) {
        Memberships of = memberships.get(endpoint);
        if (of == null) {
            return List.of();
        }
        List<MemberRoom> found = new ArrayList<>();
        for (RoomId id : of.rooms()) {
            RoomSlot slot = rooms.get(id);
            if (slot == null || !slot.isWhole(membersApplied)) {
                return null;
            }
            Optional<Room> room = slot.room().map(held -> held.value().room());
            slot.member(endpoint)
                    .ifPresent(member -> room.ifPresent(it -> found.add(
                            new MemberRoom(it.roomId(), it.subject(), it.epoch(), it.policy(), member.role()))));
        }
        return found;
    }

    private Memberships memberships(Endpoint endpoint) {
        return memberships.computeIfAbsent(endpoint, key -> new Memberships(key, new TreeSet<>()));
    }

    private void dropIfEmpty(RoomSlot slot) {
        if (slot.isEmpty()) {
            rooms.remove(slot.id());
        }
    }

    private void refuseUnreadableMembers(RoomId id) {
        unreadableMembers.refuseFrom(Keys.membersOf(id));
    }

    /** Under the monitor, which is left while it waits. */
    private <T> T await(Deadline deadline, Supplier<@Nullable T> look) {
        waiting++;
        try {
            T found = look.get();
            while (found == null) {
                long left = deadline.left().toNanos();
                if (left == 0) {
                    throw new QuorumUnconfirmedException(
                            "what is known of rooms and what is known of members did not come together in time; try again",
                            null);
                }
                TimeUnit.NANOSECONDS.timedWait(this, left);
                found = look.get();
            }
            return found;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreUnavailableException("the wait for rooms and members was interrupted", e);
        } finally {
            waiting--;
        }
    }

    private void wake() {
        if (waiting > 0) {
            notifyAll();
        }
    }
}
