package io.unibus.node.config;

import java.util.Locale;

/** Where the control plane keeps its records. */
public enum StoreKind {
    /** One file on one node. */
    SQLITE,
    /** The replicated JetStream KV buckets of the bus. */
    KV;

    /** As in the option {@code --store}. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
