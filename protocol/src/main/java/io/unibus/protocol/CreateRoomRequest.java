package io.unibus.protocol;

import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;

/**
 * Body of {@code POST /rooms}.
 *
 * @param roomId chosen by the creator, so that the first sealed key can be bound to it and a request whose answer was
 *     lost can be resolved by reading; otherwise the node chooses
 * @param subject {@link Subject#defaultFor} the room when absent
 * @param keys for an encrypted room exactly the creator's key of epoch 1, otherwise empty
 */
public record CreateRoomRequest(
        Optional<RoomId> roomId, Optional<Subject> subject, RoomPolicy policy, SortedMap<Endpoint, SealedKey> keys) {

    public CreateRoomRequest {
        keys = SealedKeys.copy(keys);
    }

    public CreateRoomRequest(
            Optional<RoomId> roomId, Optional<Subject> subject, RoomPolicy policy, Map<Endpoint, SealedKey> keys) {
        this(roomId, subject, policy, SealedKeys.copy(keys));
    }

    public static CreateRoomRequest fromJson(JsonObject json) {
        CreateRoomRequest request = new CreateRoomRequest(
                json.string("room_id").map(RoomId::new),
                json.string("subject").map(Subject::new),
                json.object("policy").map(RoomPolicy::fromJson).orElse(RoomPolicy.DEFAULT),
                SealedKeys.fromJson(json, "keys"));
        json.refuseUnknownFields();
        return request;
    }

    public void writeFields(JsonWriter json) {
        roomId.ifPresent(id -> json.field("room_id", id.value()));
        subject.ifPresent(value -> json.field("subject", value.value()));
        json.object("policy", policy::writeFields);
        SealedKeys.write(json, "keys", keys);
    }
}
