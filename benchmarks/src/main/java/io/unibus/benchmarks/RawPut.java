package io.unibus.benchmarks;

import io.nats.client.Connection;
import io.nats.client.JetStream;
import io.nats.client.JetStreamApiException;
import io.nats.client.KeyValueManagement;
import io.nats.client.api.ClusterInfo;
import io.nats.client.api.KeyValueConfiguration;
import io.nats.client.api.StorageType;
import java.io.IOException;

/** The raw thing under a change of a room: one put of {@value #BYTES} bytes to a bucket with three replicas of its own. */
final class RawPut {
    private static final int BYTES = 256;
    private static final int REPLICAS = 3;
    private static final int ATTEMPTS = 30;
    private static final long PAUSE_MILLIS = 200;

    private final JetStream stream;
    private final String bucket;
    private long number;

    private RawPut(JetStream stream, String bucket) {
        this.stream = stream;
        this.bucket = bucket;
    }

    /**
     * Creates the bucket. It is led by the server that leads another one, because a put to a leader that is elsewhere takes one
     * hop more or less.
     *
     * @param beside the other bucket
     */
    static RawPut create(Connection connection, String beside)
            throws IOException, JetStreamApiException, InterruptedException {
        KeyValueManagement buckets = connection.keyValueManagement();
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            String name = "raw-" + attempt;
            buckets.create(KeyValueConfiguration.builder(name)
                    .storageType(StorageType.File)
                    .maxHistoryPerKey(1)
                    .replicas(REPLICAS)
                    .build());
            Thread.sleep(PAUSE_MILLIS);
            String leader = leader(connection, name);
            if (!leader.isEmpty() && leader.equals(leader(connection, beside))) {
                return new RawPut(connection.jetStream(), name);
            }
            buckets.delete(name);
        }
        throw new IOException("none of " + ATTEMPTS + " buckets was led by the server that leads " + beside);
    }

    private static String leader(Connection connection, String bucket) throws IOException, JetStreamApiException {
        ClusterInfo cluster =
                connection.jetStreamManagement().getStreamInfo("KV_" + bucket).getClusterInfo();
        return cluster == null || cluster.getLeader() == null ? "" : cluster.getLeader();
    }

    /** Writes a new key; returns when a quorum has it. */
    void write() throws IOException, JetStreamApiException {
        var unused = stream.publish("$KV." + bucket + ".written-" + number++, new byte[BYTES]);
    }
}
