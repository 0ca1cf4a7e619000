package io.unibus.store.jetstream;

import io.unibus.store.ChangeSource;
import io.unibus.store.StateDifference;
import io.unibus.store.StoreChange;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Says what changed between two records of a room. */
final class RoomComparison implements ChangeReporter.Comparison<RoomRecord> {
    @Override
    public long revision(RoomRecord record) {
        return record.revision();
    }

    @Override
    public List<StoreChange> between(long revision, @Nullable RoomRecord before, @Nullable RoomRecord after) {
        return StateDifference.ofRoom(
                ChangeSource.ROOMS,
                revision,
                before == null ? null : before.state(),
                after == null ? null : after.state());
    }

    /** Returns the creation when there was no other change since; otherwise only that the room was found. */
    @Override
    public List<StoreChange> found(RoomRecord record) {
        if (record.version() == 1) {
            return between(record.revision(), null, record);
        }
        return List.of(StoreChange.ofRoom(
                ChangeSource.ROOMS,
                record.revision(),
                StoreChange.Kind.ROOM_FOUND,
                record.roomId(),
                Optional.of(record.epoch())));
    }
}
