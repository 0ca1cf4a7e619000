package io.unibus.store.snapshot;

import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Predicate;

/** Reads two control planes side by side. */
public final class Pairs {
    private Pairs() {}

    /**
     * Hands over the records of both sides in order, those with the same key together, for as long as the next records
     * are included. At least one of the two is there.
     */
    public static void forEach(
            PeekedCursor left,
            PeekedCursor right,
            Predicate<SnapshotRecord> included,
            BiConsumer<Optional<SnapshotRecord>, Optional<SnapshotRecord>> pair) {
        Optional<SnapshotRecord> one = left.peek().filter(included);
        Optional<SnapshotRecord> other = right.peek().filter(included);
        while (one.isPresent() || other.isPresent()) {
            int order = order(one, other);
            pair.accept(order <= 0 ? one : Optional.empty(), order >= 0 ? other : Optional.empty());
            if (order <= 0) {
                left.skip();
                one = left.peek().filter(included);
            }
            if (order >= 0) {
                right.skip();
                other = right.peek().filter(included);
            }
        }
    }

    private static int order(Optional<SnapshotRecord> one, Optional<SnapshotRecord> other) {
        if (one.isEmpty()) {
            return 1;
        }
        return other.isEmpty() ? -1 : SnapshotRecord.BY_KEY.compare(one.get(), other.get());
    }
}
