package io.unibus.benchmarks;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.Handle;
import io.unibus.protocol.Member;
import io.unibus.protocol.MemberRole;
import io.unibus.protocol.Room;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.RoomKey;
import io.unibus.protocol.RoomPolicy;
import io.unibus.protocol.SealedKey;
import io.unibus.protocol.Subject;
import io.unibus.protocol.User;
import io.unibus.protocol.UserRole;
import io.unibus.store.snapshot.ChainedCursor;
import io.unibus.store.snapshot.Section;
import io.unibus.store.snapshot.SnapshotCursor;
import io.unibus.store.snapshot.SnapshotRecord;
import io.unibus.store.snapshot.SnapshotSource;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.function.IntFunction;

/**
 * A control plane of any size that is made as it is read: in every room eight members and two epochs, hence of 27 records
 * one room, eight members, sixteen sealed keys and two users.
 */
final class SyntheticControlPlane implements SnapshotSource {
    static final int MEMBERS = 8;
    private static final int EPOCHS = 2;
    private static final int USERS_PER_ROOM = 2;
    private static final int RECORDS_PER_ROOM = 1 + MEMBERS + EPOCHS * MEMBERS + USERS_PER_ROOM;
    /** As long as a room key sealed by this project's client. */
    private static final int SEALED_BYTES = 113;

    private static final Instant NOW = Instant.parse("2026-11-21T08:50:00.123Z");

    private final int rooms;

    SyntheticControlPlane(int records) {
        this.rooms = Math.max(1, records / RECORDS_PER_ROOM);
    }

    @Override
    public long count() {
        return (long) rooms * RECORDS_PER_ROOM;
    }

    /** How many entries of buckets these records make. */
    long entries() {
        return (long) rooms * (USERS_PER_ROOM + 2 + 2 * MEMBERS + EPOCHS * MEMBERS + EPOCHS - 1);
    }

    @Override
    public SnapshotCursor from(Section first) {
        return ChainedCursor.ofSections(first, this::open);
    }

    private SnapshotCursor open(Section section) {
        return switch (section) {
            case USERS -> new Numbered(rooms * USERS_PER_ROOM, SyntheticControlPlane::user);
            case ROOMS -> new Numbered(rooms, n -> new SnapshotRecord.OfRoom(room(n)));
            case MEMBERS -> new Numbered(rooms * MEMBERS, n -> member(n / MEMBERS, n % MEMBERS));
            case SEALED_KEYS ->
                new Numbered(
                        rooms * EPOCHS * MEMBERS,
                        n -> key(n / MEMBERS / EPOCHS, 1 + n / MEMBERS % EPOCHS, n % MEMBERS));
        };
    }

    private static final class Numbered implements SnapshotCursor {
        private final int count;
        private final IntFunction<SnapshotRecord> record;
        private int next;

        Numbered(int count, IntFunction<SnapshotRecord> record) {
            this.count = count;
            this.record = record;
        }

        @Override
        public Optional<SnapshotRecord> next() {
            return next < count ? Optional.of(record.apply(next++)) : Optional.empty();
        }

        @Override
        public void close() {}
    }

    private static SnapshotRecord user(int n) {
        return new SnapshotRecord.OfUser(User.active(endpoint(n), new Handle("user-" + n), UserRole.MEMBER, NOW));
    }

    private static SnapshotRecord member(int room, int n) {
        return new SnapshotRecord.OfMember(
                id(room), new Member(endpoint(room + n), n == 0 ? MemberRole.OWNER : MemberRole.MEMBER, NOW));
    }

    private static SnapshotRecord key(int room, int epoch, int n) {
        return new SnapshotRecord.OfKey(
                new RoomKey(id(room), new Epoch(epoch), endpoint(room + n), sealed(room, epoch, n)));
    }

    private static Room room(int n) {
        return new Room(
                id(n),
                Subject.defaultFor(id(n)),
                new Epoch(EPOCHS),
                new RoomPolicy(true),
                endpoint(n),
                false,
                NOW,
                NOW);
    }

    private static RoomId id(int room) {
        return new RoomId(String.format(Locale.ROOT, "room-%021d", room)); // as long as a random one
    }

    private static Endpoint endpoint(int n) {
        return Endpoint.ofPublicKey(ByteBuffer.allocate(32).putInt(n).array());
    }

    private static SealedKey sealed(int room, int epoch, int member) {
        return SealedKey.of(ByteBuffer.allocate(SEALED_BYTES)
                .putInt(room)
                .putInt(epoch)
                .putInt(member)
                .array());
    }

    @Override
    public void close() {}
}
