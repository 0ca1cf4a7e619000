package io.unibus.store.jetstream;

import io.unibus.store.ChangeListener;
import io.unibus.store.ChangeListeners;
import io.unibus.store.ChangeSource;
import io.unibus.store.StoreChange;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Derives the changes that the entries of one view's bucket make, and tells them to listeners. It keeps no copy of the view: a
 * state is kept here only while the view does not have it although it is known, that is while a record cannot be read, or a
 * view that was cleared is filled again. Thread-safe.
 *
 * @param <K> identifies what has a state
 */
final class ChangeReporter<K extends Comparable<K>, S> {
    private final ChangeListeners listeners;
    private final Comparison<S> comparison;
    private final Map<K, S> lastKnown = new HashMap<>();
    /** Whether the view was filled once, so that what is neither there nor last known was not there before. */
    private boolean complete;
    /** Whether the view is filled now. */
    private boolean filled;

    private long applied;

    /** Says what changed. */
    interface Comparison<S> {
        long revision(S state);

        List<StoreChange> between(long revision, @Nullable S before, @Nullable S after);

        /** Returns what can be said of a state that was written after the position of a listener. */
        List<StoreChange> found(S state);
    }

    ChangeReporter(ChangeSource source, Comparison<S> comparison) {
        this.listeners = new ChangeListeners(source);
        this.comparison = comparison;
    }

    /**
     * Adds a listener, tells it what the view holds that is newer than its position, and from then on each change.
     *
     * @param present the states in the view, in any order
     */
    synchronized void add(ChangeListener listener, OptionalLong after, Supplier<List<S>> present) {
        List<StoreChange> found = new ArrayList<>();
        if (after.isPresent()) {
            present.get().stream()
                    .filter(state -> comparison.revision(state) > after.getAsLong())
                    .sorted(Comparator.comparingLong(comparison::revision))
                    .forEach(state -> found.addAll(comparison.found(state)));
        }
        listeners.add(listener, after, found);
        if (filled) {
            listeners.limitTo(applied);
        }
    }

    /** Applies an entry to the view, and tells the changes that this returns. */
    synchronized void report(Supplier<List<StoreChange>> application) {
        listeners.tell(application.get());
    }

    /** Notes the revision of an entry that is applied. */
    synchronized void advance(long revision) {
        applied = revision;
    }

    /** Keeps a state that the view gives up for a record that cannot be read. */
    synchronized void keep(K key, @Nullable S before) {
        if (before != null) {
            lastKnown.put(key, before);
        }
    }

    /**
     * Returns the changes that an entry made.
     *
     * @param before what the view held
     * @param after null when the entry removed it
     * @param unsure whether the view may have held nothing although there was something, which it could not read
     */
    synchronized List<StoreChange> changes(
            K key, long revision, @Nullable S before, @Nullable S after, boolean unsure) {
        S kept = lastKnown.remove(key);
        S known = before == null ? kept : before;
        if (listeners.isEmpty()) {
            return List.of();
        }
        boolean first = known == null && (unsure || !complete);
        return first && after != null ? comparison.found(after) : comparison.between(revision, known, after);
    }

    /**
     * Notes that the view holds all there was when it began to be filled.
     *
     * @param readable whether the view would hold the state of a key if there was one
     */
    synchronized void fill(Predicate<K> readable) {
        if (!filled && complete) {
            tellRemoved(readable);
        }
        complete = true;
        filled = true;
        listeners.limitTo(applied);
    }

    private void tellRemoved(Predicate<K> readable) {
        Map<K, S> gone = new TreeMap<>(lastKnown);
        gone.keySet().removeIf(readable.negate());
        lastKnown.keySet().removeAll(gone.keySet());
        List<StoreChange> changes = new ArrayList<>();
        gone.values().forEach(state -> changes.addAll(comparison.between(applied, state, null)));
        listeners.tell(changes);
    }

    /**
     * Notes that the view is cleared: from now on it is compared with what it held.
     *
     * @param present the states in the view
     */
    synchronized void clear(Map<K, S> present) {
        filled = false;
        applied = 0;
        if (complete && !listeners.isEmpty()) {
            lastKnown.putAll(present);
            listeners.restart();
        } else {
            lastKnown.clear();
            complete = false;
        }
    }
}
