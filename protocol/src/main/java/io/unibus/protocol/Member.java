package io.unibus.protocol;

import java.time.Instant;

/** An endpoint in a room. */
public record Member(Endpoint endpoint, MemberRole role, Instant joinedAt) {
    public boolean isOwner() {
        return role == MemberRole.OWNER;
    }

    public static Member fromJson(JsonObject json) {
        Member member = new Member(
                Endpoint.parse(json.requiredString("endpoint")),
                MemberRole.parse(json.requiredString("role")),
                json.requiredInstant("joined_at"));
        json.refuseUnknownFields();
        return member;
    }

    public void writeFields(JsonWriter json) {
        json.field("endpoint", endpoint.nkey());
        json.field("role", role.toString());
        json.field("joined_at", joinedAt);
    }
}
