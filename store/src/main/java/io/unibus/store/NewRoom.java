package io.unibus.store;

import io.unibus.protocol.CreateRoomRequest;
import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.Member;
import io.unibus.protocol.MemberRole;
import io.unibus.protocol.Room;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.SealedKey;
import io.unibus.protocol.Subject;
import java.time.Instant;
import java.util.Collections;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A room that the rules allow to be created: its creator is owner and first member.
 *
 * @param keys for an encrypted room exactly the creator's key of epoch 1, otherwise empty
 */
public record NewRoom(Room room, Member owner, SortedMap<Endpoint, SealedKey> keys) {
    public NewRoom {
        keys = Collections.unmodifiableSortedMap(new TreeMap<>(keys));
    }

    /**
     * Decides a creation by {@code creator} at {@code now}.
     *
     * @param roomId the id chosen in the request, or a fresh one
     */
    public static Outcome<NewRoom> decide(CreateRoomRequest request, RoomId roomId, Endpoint creator, Instant now) {
        Room room = new Room(
                roomId,
                request.subject().orElseGet(() -> Subject.defaultFor(roomId)),
                Epoch.FIRST,
                request.policy(),
                creator,
                false,
                now,
                now);
        Member owner = new Member(creator, MemberRole.OWNER, now);
        return KeyCover.of(request.policy(), Set.of(creator), request.keys())
                .map(keys -> new NewRoom(room, owner, keys));
    }
}
