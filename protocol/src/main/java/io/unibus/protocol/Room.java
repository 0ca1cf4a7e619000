package io.unibus.protocol;

import java.time.Instant;

/**
 * A room as every member sees it.
 *
 * @param epoch the epoch of the current room key
 * @param owner the owner of longest standing; a room always has one
 * @param rekeyRequired whether a member has left since the last rekey and could still open the current key
 * @param updatedAt when the room, its members or its key last changed
 */
public record Room(
        RoomId roomId,
        Subject subject,
        Epoch epoch,
        RoomPolicy policy,
        Endpoint owner,
        boolean rekeyRequired,
        Instant createdAt,
        Instant updatedAt) {

    public static Room fromJson(JsonObject json) {
        Room room = new Room(
                new RoomId(json.requiredString("room_id")),
                new Subject(json.requiredString("subject")),
                new Epoch(json.requiredLong("epoch")),
                json.object("policy").map(RoomPolicy::fromJson).orElse(RoomPolicy.DEFAULT),
                Endpoint.parse(json.requiredString("owner")),
                json.requiredBoolean("rekey_required"),
                json.requiredInstant("created_at"),
                json.requiredInstant("updated_at"));
        json.refuseUnknownFields();
        return room;
    }

    public void writeFields(JsonWriter json) {
        json.field("room_id", roomId.value());
        json.field("subject", subject.value());
        json.field("epoch", epoch.number());
        json.object("policy", policy::writeFields);
        json.field("owner", owner.nkey());
        json.field("rekey_required", rekeyRequired);
        json.field("created_at", createdAt);
        json.field("updated_at", updatedAt);
    }
}
