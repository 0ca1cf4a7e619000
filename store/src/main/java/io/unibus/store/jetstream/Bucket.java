package io.unibus.store.jetstream;

import io.nats.client.api.KeyValueConfiguration;
import io.nats.client.api.Republish;
import io.nats.client.api.StorageType;
import io.nats.client.api.StreamConfiguration;
import io.unibus.store.StoreUnusableException;

/** The five buckets of the control plane, each a stream and a Raft group of its own. */
public enum Bucket {
    ROOMS("UNIBUS_rooms"),
    MEMBERS("UNIBUS_members"),
    ROOMS_BY_MEMBER("UNIBUS_rooms_by_member"),
    ROOM_KEYS("UNIBUS_room_keys"),
    USERS("UNIBUS_users");

    private final String bucketName;

    Bucket(String bucketName) {
        this.bucketName = bucketName;
    }

    public String bucketName() {
        return bucketName;
    }

    /** The stream under the bucket. */
    public String stream() {
        return "KV_" + bucketName;
    }

    /**
     * Returns what the stream of a new bucket is created with: that of a KV bucket, which also takes atomic batches. The KV
     * API of the client library does not know these: a configuration that it builds anew switches them off.
     */
    public StreamConfiguration configuration(int replicas) {
        KeyValueConfiguration bucket = KeyValueConfiguration.builder(bucketName)
                .storageType(StorageType.File)
                .maxHistoryPerKey(1)
                .replicas(replicas)
                .republish(Republish.builder()
                        .source(subject(">"))
                        .destination(viewSubject(">"))
                        .build())
                .build();
        return StreamConfiguration.builder(bucket.getBackingConfig())
                .allowAtomicPublish()
                .build();
    }

    /** Returns whether a stream has the form in which this build keeps a bucket: one of an earlier build takes no batches. */
    public boolean isOfThisForm(StreamConfiguration present) {
        return present.getAllowAtomicPublish();
    }

    /** Returns what to throw for a bucket that is not of this form. */
    public StoreUnusableException earlierForm() {
        return new StoreUnusableException(
                "bucket " + bucketName
                        + " was made by an earlier build of unibus, whose records this one does not read."
                        + " Nothing was changed. To do: export the control plane with that build (`unibus snapshot"
                        + " export FILE`), then start this one with new data directories and import it (`unibus"
                        + " snapshot import FILE`)",
                null);
    }

    String subject(String key) {
        return "$KV." + bucketName + "." + key;
    }

    /** Where the leader republishes what was written under a key. */
    String viewSubject(String key) {
        return "unibus.view." + bucketName + "." + key;
    }
}
