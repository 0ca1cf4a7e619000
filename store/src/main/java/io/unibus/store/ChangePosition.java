package io.unibus.store;

import java.util.EnumMap;
import java.util.Map;
import java.util.OptionalLong;

/**
 * How far a listener was told: for each source the revision of the last change, or where the telling began. Immutable.
 *
 * @param revisions by source; a source without one was never told of
 */
public record ChangePosition(Map<ChangeSource, Long> revisions) {
    /** The position of a listener that was never told anything. */
    public static final ChangePosition NONE = new ChangePosition(Map.of());

    public ChangePosition {
        revisions = Map.copyOf(revisions);
    }

    /** Returns the revision in one source; empty when nothing was told of that source yet. */
    public OptionalLong in(ChangeSource source) {
        Long revision = revisions.get(source);
        return revision == null ? OptionalLong.empty() : OptionalLong.of(revision);
    }

    /** Returns this position with another revision in one source. */
    public ChangePosition with(ChangeSource source, long revision) {
        Map<ChangeSource, Long> moved = new EnumMap<>(ChangeSource.class);
        moved.putAll(revisions);
        moved.put(source, revision);
        return new ChangePosition(moved);
    }
}
