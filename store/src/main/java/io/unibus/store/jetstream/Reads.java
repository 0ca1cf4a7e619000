package io.unibus.store.jetstream;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads of the buckets themselves, which may be stale: nothing is decided on them alone. Thread-safe, bounded. */
interface Reads {
    /** As many keys as {@link #anywhere(Bucket, Collection)} asks for at once. */
    int MOST_KEYS = 500;

    /** From any replica. @throws io.unibus.store.StoreUnavailableException without an answer */
    Optional<Entry> anywhere(Bucket bucket, String key);

    /**
     * Reads the last writes of keys, removals among them, from any replica.
     *
     * @param keys at most {@value #MOST_KEYS}
     * @return by key; those that were never written are missing
     * @throws io.unibus.store.StoreUnavailableException without an answer
     */
    Map<String, Entry> anywhere(Bucket bucket, Collection<String> keys);

    /** From the leader. @throws io.unibus.store.StoreUnavailableException without an answer */
    Optional<Entry> atLeader(Bucket bucket, String key);

    /**
     * The last write of each key among the entries from a sequence on, ascending, of one replica at one moment.
     *
     * @param limit the largest number of entries
     */
    Page page(Bucket bucket, long fromSequence, int limit);

    /** @param remaining how many entries come after these at that replica, or only that there are some */
    record Page(List<Entry> entries, long remaining) {
        public Page {
            entries = List.copyOf(entries);
        }
    }
}
