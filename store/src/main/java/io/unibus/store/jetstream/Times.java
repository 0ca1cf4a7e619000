package io.unibus.store.jetstream;

import io.unibus.protocol.Member;
import io.unibus.protocol.Room;
import io.unibus.protocol.User;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** Values as they are kept: with times to the millisecond. */
final class Times {
    private Times() {}

    static Room kept(Room room) {
        return new Room(
                room.roomId(),
                room.subject(),
                room.epoch(),
                room.policy(),
                room.owner(),
                room.rekeyRequired(),
                kept(room.createdAt()),
                kept(room.updatedAt()));
    }

    static Member kept(Member member) {
        return new Member(member.endpoint(), member.role(), kept(member.joinedAt()));
    }

    static User kept(User user) {
        return new User(
                user.endpoint(),
                user.handle(),
                user.role(),
                user.status(),
                kept(user.createdAt()),
                kept(user.updatedAt()));
    }

    private static Instant kept(Instant time) {
        return time.truncatedTo(ChronoUnit.MILLIS);
    }
}
