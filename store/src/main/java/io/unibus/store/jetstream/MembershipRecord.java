package io.unibus.store.jetstream;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.JsonObject;
import io.unibus.protocol.JsonWriter;
import io.unibus.protocol.Member;
import io.unibus.protocol.MemberRole;

/**
 * Encodes what the buckets of members and of rooms by member say of one membership. Both are projections of the rooms' records, for
 * tools: nothing is decided on them.
 */
final class MembershipRecord {
    private MembershipRecord() {}

    static byte[] toJson(Member member) {
        return JsonWriter.object(json -> {
            json.field("role", member.role().toString());
            json.field("joined_at", member.joinedAt());
        });
    }

    /** Reads what {@link #toJson} wrote. @throws io.unibus.protocol.MalformedException when it has another form */
    static Member fromJson(Endpoint endpoint, byte[] bytes) {
        JsonObject json = JsonObject.parse(bytes);
        Member member =
                new Member(endpoint, MemberRole.parse(json.requiredString("role")), json.requiredInstant("joined_at"));
        json.refuseUnknownFields();
        return member;
    }
}
