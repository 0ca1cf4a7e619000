package io.unibus.store;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The listeners to the changes of one source, each of which is told what is beyond its position. An exception of one is logged
 * and harms neither the store nor the other listeners; an {@code Error} passes to the caller. Thread-safe; whoever tells keeps
 * the order, and tells nothing twice.
 */
public final class ChangeListeners {
    private static final Logger LOG = LoggerFactory.getLogger(ChangeListeners.class);
    /** The position of a listener that waits for {@link #limitTo}. */
    private static final long UNDECIDED = Long.MAX_VALUE;
    /** A source that is empty is at revision 0, and what went from it has that revision. */
    private static final long BEFORE_ALL = -1;

    private final ChangeSource source;
    private final List<Position> listeners = new ArrayList<>();

    private static final class Position {
        final ChangeListener listener;
        long after;

        Position(ChangeListener listener, long after) {
            this.listener = listener;
            this.after = after;
        }
    }

    public ChangeListeners(ChangeSource source) {
        this.source = source;
    }

    /**
     * Adds a listener and tells it, and no other, what there is beyond its position.
     *
     * @param after the position; without one the listener is told nothing before {@link #limitTo}
     * @param backlog in the order of the revisions
     */
    public synchronized void add(ChangeListener listener, OptionalLong after, List<StoreChange> backlog) {
        Position position = new Position(listener, after.orElse(UNDECIDED));
        listeners.add(position);
        tell(position, backlog);
    }

    public synchronized boolean isEmpty() {
        return listeners.isEmpty();
    }

    /** Tells what is new, in the order of the revisions. */
    public synchronized void tell(List<StoreChange> changes) {
        listeners.forEach(position -> tell(position, changes));
    }

    /** Lets those begin after {@code newest} whose position is beyond that. */
    public synchronized void limitTo(long newest) {
        listeners.stream().filter(position -> position.after > newest).forEach(position -> start(position, newest));
    }

    /** Lets those begin after {@code revision} whose position is before that, since what is between is not there any more. */
    public synchronized void skipTo(long revision) {
        listeners.stream().filter(position -> position.after < revision).forEach(position -> start(position, revision));
    }

    /** Lets all begin anew, since the revisions do. */
    public synchronized void restart() {
        for (Position position : listeners) {
            start(position, 0);
            position.after = BEFORE_ALL;
        }
    }

    private void start(Position position, long revision) {
        position.after = revision;
        call(position.listener, listener -> listener.startsAfter(source, revision));
    }

    private static void tell(Position position, List<StoreChange> changes) {
        for (StoreChange change : changes) {
            if (change.revision() > position.after) {
                call(position.listener, listener -> listener.changed(change));
            }
        }
    }

    private static void call(ChangeListener listener, Consumer<ChangeListener> message) {
        try {
            message.accept(listener);
        } catch (RuntimeException e) {
            LOG.error("a listener to changes of the store failed; report this", e);
        }
    }
}
