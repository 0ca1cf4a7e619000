package io.unibus.protocol;

/** The room key of one epoch, sealed to one endpoint. Never changes once written. */
public record RoomKey(RoomId roomId, Epoch epoch, Endpoint endpoint, SealedKey sealedKey) {
    public static RoomKey fromJson(JsonObject json) {
        RoomKey key = new RoomKey(
                new RoomId(json.requiredString("room_id")),
                new Epoch(json.requiredLong("epoch")),
                Endpoint.parse(json.requiredString("endpoint")),
                SealedKey.parse(json.requiredString("sealed_key")));
        json.refuseUnknownFields();
        return key;
    }

    public void writeFields(JsonWriter json) {
        json.field("room_id", roomId.value());
        json.field("epoch", epoch.number());
        json.field("endpoint", endpoint.nkey());
        json.field("sealed_key", sealedKey.base64url());
    }
}
