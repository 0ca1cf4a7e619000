package io.unibus.store.jetstream;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.JsonObject;
import io.unibus.protocol.JsonWriter;
import io.unibus.protocol.Member;
import io.unibus.protocol.MemberRole;
import java.util.Optional;

/**
 * A settled change of one membership.
 *
 * @param version the version of the room that made it so
 * @param member empty: the endpoint left
 */
record MemberRecord(long version, Optional<Member> member) {
    static MemberRecord fromJson(Endpoint endpoint, byte[] bytes) {
        JsonObject json = JsonObject.parse(bytes);
        Optional<Long> left = json.number("left");
        MemberRecord record = left.isPresent()
                ? new MemberRecord(left.get(), Optional.empty())
                : new MemberRecord(
                        json.requiredLong("version"),
                        Optional.of(new Member(
                                endpoint,
                                MemberRole.parse(json.requiredString("role")),
                                json.requiredInstant("joined_at"))));
        json.refuseUnknownFields();
        return record;
    }

    byte[] toJson() {
        return JsonWriter.object(json -> {
            if (member.isEmpty()) {
                json.field("left", version);
                return;
            }
            json.field("role", member.get().role().toString());
            json.field("joined_at", member.get().joinedAt());
            json.field("version", version);
        });
    }
}
