package io.unibus.store.jetstream;

import io.unibus.protocol.JsonObject;
import io.unibus.protocol.JsonWriter;
import io.unibus.protocol.MalformedException;
import io.unibus.protocol.User;
import java.time.Instant;
import java.util.Optional;

/**
 * A user and the two changes that there can be of one.
 *
 * @param added identifies the change that added the user
 * @param revoked identifies the one that revoked the user
 */
record UserRecord(User user, String added, Optional<String> revoked) {
    static UserRecord added(User user, String change) {
        return new UserRecord(Times.kept(user), change, Optional.empty());
    }

    UserRecord revoked(Instant at, String change) {
        return new UserRecord(Times.kept(user.revoked(at)), added, Optional.of(change));
    }

    static UserRecord fromJson(byte[] bytes) {
        JsonObject json = JsonObject.parse(bytes);
        UserRecord record = new UserRecord(
                User.fromJson(
                        json.object("user").orElseThrow(() -> new MalformedException("json", "field user is missing"))),
                json.requiredString("added"),
                json.string("revoked"));
        json.refuseUnknownFields();
        return record;
    }

    byte[] toJson() {
        return JsonWriter.object(json -> {
            json.object("user", user::writeFields);
            json.field("added", added);
            revoked.ifPresent(change -> json.field("revoked", change));
        });
    }
}
