package io.unibus.node.audit;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.JsonWriter;
import io.unibus.protocol.RoomId;
import io.unibus.store.StoreChange;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A change that somebody asked for, as it will be if the answer is yes. Without any key. Immutable.
 *
 * @param kind what the change is, in the words of {@link StoreChange}
 * @param endpoint who is added, removed or revoked
 * @param role which the endpoint is given
 * @param epoch which a rekey begins
 * @param removed who leaves with a rekey
 */
public record AskedChange(
        StoreChange.Kind kind,
        Optional<RoomId> room,
        Optional<Endpoint> endpoint,
        Optional<String> role,
        Optional<Epoch> epoch,
        List<Endpoint> removed) {
    /** The answer when the change was made. */
    public static final String DONE = "done";

    /** So many of those who leave are named, since a refused request may name any number. */
    private static final int MOST_REMOVED = 100;

    public AskedChange {
        removed = List.copyOf(removed);
    }

    /** Returns the creation of a room. */
    public static AskedChange ofRoom(RoomId room) {
        return new AskedChange(
                StoreChange.Kind.ROOM_CREATED,
                Optional.of(room),
                Optional.empty(),
                Optional.empty(),
                Optional.of(Epoch.FIRST),
                List.of());
    }

    /** Returns a change of one member of a room. */
    public static AskedChange ofMember(StoreChange.Kind kind, RoomId room, Endpoint endpoint, Optional<String> role) {
        return new AskedChange(kind, Optional.of(room), Optional.of(endpoint), role, Optional.empty(), List.of());
    }

    /** Returns a rekey of a room. */
    public static AskedChange ofRekey(RoomId room, Epoch epoch, Collection<Endpoint> removed) {
        return new AskedChange(
                StoreChange.Kind.ROOM_REKEYED,
                Optional.of(room),
                Optional.empty(),
                Optional.empty(),
                Optional.of(epoch),
                List.copyOf(removed));
    }

    /** Returns a change of the allowlist. */
    public static AskedChange ofUser(StoreChange.Kind kind, Endpoint endpoint, Optional<String> role) {
        return new AskedChange(kind, Optional.empty(), Optional.of(endpoint), role, Optional.empty(), List.of());
    }

    /**
     * The one who asks for a change, as far as that is known.
     *
     * @param name an endpoint, or {@code host} for a command on the node's host
     * @param proof how that is known, in a word
     * @param address from which the request came; of a command the user of the host
     */
    public record Asker(String name, String proof, String address) {}

    /** @param answer {@link #DONE}, or the code of the problem that was answered */
    void write(JsonWriter json, Asker asker, String answer, OptionalLong revision) {
        json.field("by", asker.name());
        json.field("proof", asker.proof());
        json.field("from", asker.address());
        json.field("what", kind.toString());
        room.ifPresent(id -> json.field("room", id.value()));
        endpoint.ifPresent(who -> json.field("endpoint", who.nkey()));
        role.ifPresent(word -> json.field("role", word));
        epoch.ifPresent(number -> json.field("epoch", number.number()));
        if (!removed.isEmpty()) {
            json.strings(
                    "removed",
                    removed.stream().limit(MOST_REMOVED).map(Endpoint::nkey).toList());
        }
        if (removed.size() > MOST_REMOVED) {
            json.field("removed_more", removed.size() - MOST_REMOVED);
        }
        json.field("answer", answer);
        revision.ifPresent(number -> json.field("revision", number));
    }
}
