package io.unibus.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.User;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;

/** What a store holds according to the changes that were told, one after the other; each must fit those before it. */
public final class ChangeReplay {
    private final SortedMap<Endpoint, String> users = new TreeMap<>();
    private final SortedMap<RoomId, Long> epochs = new TreeMap<>();
    private final Map<RoomId, SortedMap<Endpoint, String>> members = new TreeMap<>();

    /** What a store holds, as far as changes tell of it. */
    public record Content(
            Map<Endpoint, String> users, Map<RoomId, Long> epochs, Map<RoomId, SortedMap<Endpoint, String>> members) {}

    /** Plays changes of an empty store. */
    public static Content of(List<StoreChange> changes) {
        ChangeReplay replay = new ChangeReplay();
        changes.forEach(replay::play);
        return replay.content();
    }

    /** Returns what a store holds now. */
    public static Content in(Store store, Collection<RoomId> rooms) {
        ChangeReplay held = new ChangeReplay();
        store.users().forEach(user -> held.users.put(user.endpoint(), text(user)));
        for (RoomId id : rooms) {
            store.findRoom(id).ifPresent(state -> {
                held.epochs.put(id, state.room().epoch().number());
                SortedMap<Endpoint, String> roles = new TreeMap<>();
                state.members()
                        .forEach((endpoint, member) ->
                                roles.put(endpoint, member.role().toString()));
                held.members.put(id, roles);
            });
        }
        return held.content();
    }

    private Content content() {
        return new Content(users, epochs, members);
    }

    private static String text(User user) {
        return user.isActive() ? user.role().toString() : "revoked";
    }

    private void play(StoreChange change) {
        String role = change.role().orElse("");
        switch (change.kind()) {
            case USER_ADDED ->
                assertThat(users.put(endpoint(change), role))
                        .as("before %s", change)
                        .isNull();
            case USER_REVOKED ->
                assertThat(users.put(endpoint(change), "revoked"))
                        .as("before %s", change)
                        .isIn("admin", "member");
            case ROOM_CREATED -> {
                assertThat(epochs.put(room(change), epoch(change)))
                        .as("before %s", change)
                        .isNull();
                members.put(room(change), new TreeMap<>());
            }
            case ROOM_REKEYED ->
                assertThat(epochs.put(room(change), epoch(change)))
                        .as("before %s", change)
                        .isEqualTo(epoch(change) - 1);
            case MEMBER_ADDED ->
                assertThat(members(change).put(endpoint(change), role))
                        .as("before %s", change)
                        .isNull();
            case MEMBER_REMOVED ->
                assertThat(members(change).remove(endpoint(change)))
                        .as("before %s", change)
                        .isNotNull();
            default -> throw new AssertionError("unibus itself does not make " + change);
        }
    }

    private SortedMap<Endpoint, String> members(StoreChange change) {
        return Objects.requireNonNull(members.get(room(change)), () -> "there is no room of " + change);
    }

    private static RoomId room(StoreChange change) {
        return change.room().orElseThrow();
    }

    private static Endpoint endpoint(StoreChange change) {
        return change.endpoint().orElseThrow();
    }

    private static long epoch(StoreChange change) {
        return change.epoch().orElseThrow().number();
    }
}
