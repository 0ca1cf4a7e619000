package io.unibus.store;

import io.unibus.protocol.Endpoint;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The listeners of one store, told one after the other in the calling thread. An exception of one is logged and harms neither
 * the store nor the other listeners; an {@code Error} passes to the caller. Thread-safe.
 */
public final class AccessListeners implements AccessListener {
    private static final Logger LOG = LoggerFactory.getLogger(AccessListeners.class);

    private final List<AccessListener> listeners = new CopyOnWriteArrayList<>();

    public void add(AccessListener listener) {
        listeners.add(listener);
    }

    @Override
    public void accessMayHaveChanged(Endpoint endpoint) {
        tellEach(listener -> listener.accessMayHaveChanged(endpoint));
    }

    @Override
    public void anyAccessMayHaveChanged() {
        tellEach(AccessListener::anyAccessMayHaveChanged);
    }

    private void tellEach(Consumer<AccessListener> message) {
        listeners.forEach(listener -> tell(listener, message));
    }

    private static void tell(AccessListener listener, Consumer<AccessListener> message) {
        try {
            message.accept(listener);
        } catch (RuntimeException e) {
            LOG.error("a listener to changes of access failed; report this", e);
        }
    }
}
