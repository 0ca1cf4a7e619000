package io.unibus.store.jetstream;

import io.unibus.protocol.Endpoint;
import io.unibus.store.AccessListener;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;

/** Collects whose access one entry may have changed, under the lock of a view, to be told without it. Not thread-safe. */
final class AccessChanges {
    private final Set<Endpoint> endpoints = new HashSet<>();
    private boolean any;

    void add(Endpoint endpoint) {
        endpoints.add(endpoint);
    }

    void addAll(Collection<Endpoint> several) {
        endpoints.addAll(several);
    }

    /** Adds every endpoint. */
    void addAny() {
        any = true;
    }

    void tell(AccessListener listener) {
        if (any) {
            listener.anyAccessMayHaveChanged();
        } else {
            endpoints.forEach(listener::accessMayHaveChanged);
        }
    }
}
