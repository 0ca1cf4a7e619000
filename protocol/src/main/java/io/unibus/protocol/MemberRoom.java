package io.unibus.protocol;

/** A room as the list of one member's rooms shows it. */
public record MemberRoom(RoomId roomId, Subject subject, Epoch epoch, RoomPolicy policy, MemberRole role) {
    public static MemberRoom fromJson(JsonObject json) {
        MemberRoom room = new MemberRoom(
                new RoomId(json.requiredString("room_id")),
                new Subject(json.requiredString("subject")),
                new Epoch(json.requiredLong("epoch")),
                json.object("policy").map(RoomPolicy::fromJson).orElse(RoomPolicy.DEFAULT),
                MemberRole.parse(json.requiredString("role")));
        json.refuseUnknownFields();
        return room;
    }

    public void writeFields(JsonWriter json) {
        json.field("room_id", roomId.value());
        json.field("subject", subject.value());
        json.field("epoch", epoch.number());
        json.object("policy", policy::writeFields);
        json.field("role", role.toString());
    }
}
