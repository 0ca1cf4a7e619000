package io.unibus.store.snapshot;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * How what a store holds compares with what it should hold.
 *
 * @param equal records that are the same
 * @param missing records that the store should have and does not
 * @param stale records that the store has otherwise, or should not have, and that may be replaced or removed
 * @param differing records that the store has otherwise
 * @param extra records that only the store has
 * @param names the first of the missing ones, for people
 * @param conflicts the first of the differing and extra ones, for people
 */
public record Comparison(
        long equal, long missing, long stale, long differing, long extra, List<String> names, List<String> conflicts) {
    private static final int NAMED = 20;

    public Comparison {
        names = List.copyOf(names);
        conflicts = List.copyOf(conflicts);
    }

    /** Reads both sides whole. */
    public static Comparison between(SnapshotSource wanted, SnapshotSource found, Progress progress) {
        return between(wanted, found, progress, missing -> {});
    }

    /**
     * Reads both sides whole, of which the one found may hold what is to be replaced.
     *
     * @param replaceable says of a record found that differs, or of an extra member or key, whether it is stale, and no
     *     conflict
     */
    public static Comparison replacing(
            SnapshotSource wanted, SnapshotSource found, Progress progress, Predicate<SnapshotRecord> replaceable) {
        return between(wanted, found, progress, missing -> {}, replaceable);
    }

    /** @param missing is handed every record that {@code found} does not have, in order */
    public static Comparison between(
            SnapshotSource wanted, SnapshotSource found, Progress progress, Consumer<SnapshotRecord> missing) {
        return between(wanted, found, progress, missing, record -> false);
    }

    private static Comparison between(
            SnapshotSource wanted,
            SnapshotSource found,
            Progress progress,
            Consumer<SnapshotRecord> missing,
            Predicate<SnapshotRecord> replaceable) {
        try (PeekedCursor left = new PeekedCursor(wanted.all());
                PeekedCursor right = new PeekedCursor(found.all())) {
            return new Merge(missing, replaceable, progress, wanted.count()).run(left, right);
        }
    }

    public boolean isEqual() {
        return toWrite() == 0 && !isConflict();
    }

    /** The number of records to write, replace or remove to make the two equal, unless there is a conflict. */
    public long toWrite() {
        return missing + stale;
    }

    /** Whether writing what is missing and stale would not make the two equal. */
    public boolean isConflict() {
        return differing > 0 || extra > 0;
    }

    private static final class Merge {
        private final Consumer<SnapshotRecord> onMissing;
        private final Predicate<SnapshotRecord> replaceable;
        private final Progress progress;
        private final long total;
        private final List<String> names = new ArrayList<>();
        private final List<String> conflicts = new ArrayList<>();
        private long equal;
        private long missing;
        private long stale;
        private long differing;
        private long extra;

        Merge(
                Consumer<SnapshotRecord> onMissing,
                Predicate<SnapshotRecord> replaceable,
                Progress progress,
                long total) {
            this.onMissing = onMissing;
            this.replaceable = replaceable;
            this.progress = progress;
            this.total = total;
        }

        Comparison run(PeekedCursor left, PeekedCursor right) {
            Pairs.forEach(left, right, record -> true, (wanted, found) -> {
                if (found.isEmpty()) {
                    missing(wanted.orElseThrow());
                } else if (wanted.equals(found)) {
                    equal++;
                } else {
                    other(wanted.isPresent(), found.get());
                }
                progress.at(Progress.Step.COMPARE, equal + stale + differing + missing, total);
            });
            return new Comparison(equal, missing, stale, differing, extra, names, conflicts);
        }

        private void missing(SnapshotRecord record) {
            missing++;
            name(names, "missing in the target: ", record);
            onMissing.accept(record);
        }

        private void other(boolean isWanted, SnapshotRecord found) {
            if ((isWanted || mayGo(found)) && replaceable.test(found)) {
                stale++;
            } else if (isWanted) {
                differing++;
                name(conflicts, "different in the target: ", found);
            } else {
                extra++;
                name(conflicts, "only in the target: ", found);
            }
        }

        /** No store ever removes a user or a room, and what does not happen is not to be expected. */
        private static boolean mayGo(SnapshotRecord record) {
            return record.section() == Section.MEMBERS || record.section() == Section.SEALED_KEYS;
        }

        private static void name(List<String> names, String what, SnapshotRecord record) {
            if (names.size() < NAMED) {
                names.add(what + record.name());
            }
        }
    }
}
