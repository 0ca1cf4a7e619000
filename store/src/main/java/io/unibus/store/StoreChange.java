package io.unibus.store;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.MalformedException;
import io.unibus.protocol.RoomId;
import java.util.Locale;
import java.util.Optional;

/**
 * One change of the allowlist, of a room, or of who is in it, as the store holds it, whoever made it. Several changes that were
 * committed as one may have the same revision. Immutable.
 *
 * @param revision where the change stands in {@code source}
 * @param room the room, of changes of a room or of its members
 * @param endpoint the user or member, of changes of those
 * @param epoch the epoch afterwards, of {@link Kind#ROOM_CREATED}, {@link Kind#ROOM_REKEYED} and {@link Kind#ROOM_FOUND}
 * @param role the role afterwards, of a member or of a user, of the kinds that say so
 */
public record StoreChange(
        ChangeSource source,
        long revision,
        Kind kind,
        Optional<RoomId> room,
        Optional<Endpoint> endpoint,
        Optional<Epoch> epoch,
        Optional<String> role) {

    /** What changed. The words are stable. */
    public enum Kind {
        /** A room came. A {@link #MEMBER_ADDED} for each of its first members follows. */
        ROOM_CREATED,
        /** A room went. A {@link #MEMBER_REMOVED} for each of its last members stands before it. */
        ROOM_DELETED,
        /** A room has a new epoch. */
        ROOM_REKEYED,
        /** A room has another subject or policy, which unibus itself never does. */
        ROOM_CHANGED,
        /** A room was written since the position of a listener; what changed in it is not known any more. */
        ROOM_FOUND,
        /** An endpoint became a member of a room, in a role. */
        MEMBER_ADDED,
        /** An endpoint is no member of a room any more. */
        MEMBER_REMOVED,
        /** A member has another role. */
        MEMBER_ROLE_CHANGED,
        /** A user came, in a role. */
        USER_ADDED,
        /** A user was revoked. */
        USER_REVOKED,
        /** A user has another role or handle, or was revoked and is active again. It says the role. */
        USER_CHANGED,
        /** The record of a user went, which unibus itself never does. */
        USER_REMOVED,
        /** A user was written since the position of a listener, and is active in a role; what changed is not known any more. */
        USER_FOUND;

        /** @throws MalformedException when it is not the word of a kind */
        public static Kind parse(String text) {
            for (Kind value : values()) {
                if (value.toString().equals(text)) {
                    return value;
                }
            }
            throw new MalformedException("kind", "it is not a kind of change");
        }

        /** The word that stands for it in a log, such as {@code room-created}. */
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /** Returns a change of a room. */
    public static StoreChange ofRoom(
            ChangeSource source, long revision, Kind kind, RoomId room, Optional<Epoch> epoch) {
        return new StoreChange(source, revision, kind, Optional.of(room), Optional.empty(), epoch, Optional.empty());
    }

    /** Returns a change of a member. */
    public static StoreChange ofMember(
            ChangeSource source, long revision, Kind kind, RoomId room, Endpoint member, Optional<String> role) {
        return new StoreChange(source, revision, kind, Optional.of(room), Optional.of(member), Optional.empty(), role);
    }

    /** Returns a change of a user. */
    public static StoreChange ofUser(
            ChangeSource source, long revision, Kind kind, Endpoint user, Optional<String> role) {
        return new StoreChange(source, revision, kind, Optional.empty(), Optional.of(user), Optional.empty(), role);
    }
}
