package io.unibus.protocol;

import java.time.Instant;

/**
 * An endpoint on the allowlist.
 *
 * @param updatedAt when the role or status last changed; {@code createdAt} before that
 */
public record User(
        Endpoint endpoint, Handle handle, UserRole role, UserStatus status, Instant createdAt, Instant updatedAt) {

    /** A user just added. */
    public static User active(Endpoint endpoint, Handle handle, UserRole role, Instant now) {
        return new User(endpoint, handle, role, UserStatus.ACTIVE, now, now);
    }

    public boolean isActive() {
        return status == UserStatus.ACTIVE;
    }

    public boolean isActiveAdmin() {
        return isActive() && role == UserRole.ADMIN;
    }

    /** This user revoked at {@code now}; itself when it already is. */
    public User revoked(Instant now) {
        return isActive() ? new User(endpoint, handle, role, UserStatus.REVOKED, createdAt, now) : this;
    }

    public static User fromJson(JsonObject json) {
        User user = new User(
                Endpoint.parse(json.requiredString("endpoint")),
                new Handle(json.requiredString("handle")),
                UserRole.parse(json.requiredString("role")),
                UserStatus.parse(json.requiredString("status")),
                json.requiredInstant("created_at"),
                json.requiredInstant("updated_at"));
        json.refuseUnknownFields();
        return user;
    }

    public void writeFields(JsonWriter json) {
        json.field("endpoint", endpoint.nkey());
        json.field("handle", handle.value());
        json.field("role", role.toString());
        json.field("status", status.toString());
        json.field("created_at", createdAt);
        json.field("updated_at", updatedAt);
    }
}
