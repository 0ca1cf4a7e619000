package io.unibus.protocol;

import java.util.Optional;

/**
 * Body of {@code POST /rooms/{room}/members}.
 *
 * @param epoch the epoch that the inviter saw; the invitation fails when the room has moved on
 * @param sealedKey the key of that epoch, sealed to the invited endpoint: present in an encrypted room, absent otherwise
 */
public record InviteRequest(Endpoint endpoint, MemberRole role, Epoch epoch, Optional<SealedKey> sealedKey) {
    public static InviteRequest fromJson(JsonObject json) {
        InviteRequest request = new InviteRequest(
                Endpoint.parse(json.requiredString("endpoint")),
                json.string("role").map(MemberRole::parse).orElse(MemberRole.MEMBER),
                new Epoch(json.requiredLong("epoch")),
                json.string("sealed_key").map(SealedKey::parse));
        json.refuseUnknownFields();
        return request;
    }

    public void writeFields(JsonWriter json) {
        json.field("endpoint", endpoint.nkey());
        json.field("role", role.toString());
        json.field("epoch", epoch.number());
        sealedKey.ifPresent(key -> json.field("sealed_key", key.base64url()));
    }
}
