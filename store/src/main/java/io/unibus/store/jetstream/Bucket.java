package io.unibus.store.jetstream;

import io.nats.client.api.KeyValueConfiguration;
import io.nats.client.api.Republish;
import io.nats.client.api.StorageType;

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

    /** What a new bucket is created with. */
    public KeyValueConfiguration configuration(int replicas) {
        return KeyValueConfiguration.builder(bucketName)
                .storageType(StorageType.File)
                .maxHistoryPerKey(1)
                .replicas(replicas)
                .republish(Republish.builder()
                        .source(subject(">"))
                        .destination(viewSubject(">"))
                        .build())
                .build();
    }

    String subject(String key) {
        return "$KV." + bucketName + "." + key;
    }

    /** Where the leader republishes what was written under a key. */
    String viewSubject(String key) {
        return "unibus.view." + bucketName + "." + key;
    }
}
