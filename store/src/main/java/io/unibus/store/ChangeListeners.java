package io.unibus.store;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The listeners to the changes of one source, each of which is told what is beyond the revision that it was told before. An
 * exception of one is logged and harms neither the store nor the other listeners; an {@code Error} passes to the caller.
 * Thread-safe; whoever tells is the one to keep the order.
 */
public final class ChangeListeners {
    private static final Logger LOG = LoggerFactory.getLogger(ChangeListeners.class);
    /** The position of a listener that waits for {@link #limitTo}. */
    private static final long UNDECIDED = Long.MAX_VALUE;

    private final ChangeSource source;
    private final List<Told> listeners = new ArrayList<>();

    private static final class Told {
        final ChangeListener listener;
        long revision;

        Told(ChangeListener listener, long revision) {
            this.listener = listener;
            this.revision = revision;
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
        Told told = new Told(listener, after.orElse(UNDECIDED));
        listeners.add(told);
        tell(told, backlog);
    }

    public synchronized boolean isEmpty() {
        return listeners.isEmpty();
    }

    /** Tells what is new, in the order of the revisions; all changes of one revision in one call. */
    public synchronized void tell(List<StoreChange> changes) {
        if (!changes.isEmpty()) {
            listeners.forEach(told -> tell(told, changes));
        }
    }

    /** Lets those begin after {@code newest} whose position is beyond that. */
    public synchronized void limitTo(long newest) {
        listeners.stream().filter(told -> told.revision > newest).forEach(told -> start(told, newest));
    }

    /** Lets those begin after {@code revision} who were told less, since what is before it is not there any more. */
    public synchronized void skipTo(long revision) {
        listeners.stream().filter(told -> told.revision < revision).forEach(told -> start(told, revision));
    }

    private void start(Told told, long revision) {
        told.revision = revision;
        call(told.listener, listener -> listener.startsAfter(source, revision));
    }

    private static void tell(Told told, List<StoreChange> changes) {
        long before = told.revision;
        for (StoreChange change : changes) {
            if (change.revision() > before) {
                told.revision = change.revision();
                call(told.listener, listener -> listener.changed(change));
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
