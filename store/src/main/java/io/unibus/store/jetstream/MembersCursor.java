package io.unibus.store.jetstream;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Member;
import io.unibus.store.snapshot.SnapshotCursor;
import io.unibus.store.snapshot.SnapshotRecord;
import io.unibus.store.sqlite.SortedRows;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;

/** The settled members of one room under what its last change did to them. */
final class MembersCursor implements SnapshotCursor {
    private final RoomRecord room;
    private final SortedRows.Cursor settled;
    private final Queue<Member> joined = new ArrayDeque<>();
    private Optional<Member> next;

    MembersCursor(CutRows rows, RoomRecord room) {
        this.room = room;
        this.settled = rows.of(CutRows.Kind.MEMBER, room.roomId());
        room.delta().joined().values().forEach(item -> joined.add(item.member()));
        this.next = nextSettled();
    }

    @Override
    public Optional<SnapshotRecord> next() {
        Member first = joined.peek();
        if (first != null
                && next.filter(member -> member.endpoint().compareTo(first.endpoint()) < 0)
                        .isEmpty()) {
            joined.remove();
            return Optional.of(new SnapshotRecord.OfMember(room.roomId(), first));
        }
        Optional<SnapshotRecord> record = next.map(member -> new SnapshotRecord.OfMember(room.roomId(), member));
        next = record.isPresent() ? nextSettled() : next;
        return record;
    }

    private Optional<Member> nextSettled() {
        for (var row = settled.next(); row.isPresent(); row = settled.next()) {
            SortedRows.Row found = row.get();
            Endpoint endpoint = new Endpoint(found.key().last());
            Optional<Member> member = CutRows.decoded(
                    Bucket.MEMBERS,
                    found,
                    () -> MemberRecord.fromJson(endpoint, found.value()).member());
            if (member.isPresent() && !room.delta().concerns(endpoint)) {
                return member;
            }
        }
        return Optional.empty();
    }

    @Override
    public void close() {
        settled.close();
    }
}
