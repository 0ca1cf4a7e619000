package io.unibus.store.snapshot;

import java.util.EnumSet;
import java.util.Iterator;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Cursors one after the other, each opened when the one before has ended and is closed. */
public final class ChainedCursor implements SnapshotCursor {
    private final Supplier<Optional<SnapshotCursor>> following;
    private final Runnable release;
    private @Nullable SnapshotCursor current;

    /**
     * @param following opens the next one; empty at the end
     * @param release run when this is closed
     */
    public ChainedCursor(Supplier<Optional<SnapshotCursor>> following, Runnable release) {
        this.following = following;
        this.release = release;
    }

    /** That section and those after it. */
    public static ChainedCursor ofSections(Section first, Function<Section, SnapshotCursor> opening) {
        Iterator<Section> sections = EnumSet.range(first, Section.SEALED_KEYS).iterator();
        return new ChainedCursor(
                () -> sections.hasNext() ? Optional.of(opening.apply(sections.next())) : Optional.empty(), () -> {});
    }

    @Override
    public Optional<SnapshotRecord> next() {
        while (true) {
            SnapshotCursor cursor = current;
            Optional<SnapshotRecord> record = cursor == null ? Optional.empty() : cursor.next();
            if (record.isPresent()) {
                return record;
            }
            closeCurrent();
            Optional<SnapshotCursor> next = following.get();
            if (next.isEmpty()) {
                return Optional.empty();
            }
            current = next.get();
        }
    }

    @Override
    public void close() {
        closeCurrent();
        release.run();
    }

    private void closeCurrent() {
        SnapshotCursor cursor = current;
        current = null;
        if (cursor != null) {
            cursor.close();
        }
    }
}
