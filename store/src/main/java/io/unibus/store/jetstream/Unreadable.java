package io.unibus.store.jetstream;

import io.unibus.protocol.MalformedException;
import io.unibus.store.StoreUnusableException;
import java.util.Map;
import java.util.TreeMap;

/** The records that this version cannot read: nothing is answered that may rest on one. Not thread-safe. */
final class Unreadable {
    private final Bucket bucket;
    private final Map<String, String> reasons = new TreeMap<>();

    Unreadable(Bucket bucket) {
        this.bucket = bucket;
    }

    void add(String key, MalformedException reason) {
        reasons.put(key, reason.getMessage());
    }

    /** Returns whether it was unreadable. */
    boolean remove(String key) {
        return reasons.remove(key) != null;
    }

    void clear() {
        reasons.clear();
    }

    boolean contains(String key) {
        return reasons.containsKey(key);
    }

    /** @throws StoreUnusableException when that record is unreadable */
    void refuse(String key) {
        String reason = reasons.get(key);
        if (reason != null) {
            throw exception(bucket, key, reason);
        }
    }

    /** @throws StoreUnusableException when any record is unreadable */
    void refuseAny() {
        reasons.forEach((key, reason) -> {
            throw exception(bucket, key, reason);
        });
    }

    static StoreUnusableException exception(Bucket bucket, String key, String reason) {
        return new StoreUnusableException(
                "the record " + key + " of " + bucket.bucketName() + " cannot be read: " + reason
                        + "; run the version of unibus that wrote it, or restore a backup",
                null);
    }
}
