package io.unibus.protocol;

/** Body of {@code POST /users}. */
public record AddUserRequest(Endpoint endpoint, Handle handle, UserRole role) {
    public static AddUserRequest fromJson(JsonObject json) {
        AddUserRequest request = new AddUserRequest(
                Endpoint.parse(json.requiredString("endpoint")),
                new Handle(json.requiredString("handle")),
                json.string("role").map(UserRole::parse).orElse(UserRole.MEMBER));
        json.refuseUnknownFields();
        return request;
    }

    public void writeFields(JsonWriter json) {
        json.field("endpoint", endpoint.nkey());
        json.field("handle", handle.value());
        json.field("role", role.toString());
    }
}
