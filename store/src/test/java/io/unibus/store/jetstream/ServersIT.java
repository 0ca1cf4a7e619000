package io.unibus.store.jetstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.nats.client.Connection;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The servers that other tests stand on. */
class ServersIT {
    @TempDir
    Path directory;

    @Test
    void aClusterHoldsReplicatedBucketsAndRestartsWhatWasKilled() throws Exception {
        try (Servers servers = Servers.cluster(directory, 3)) {
            Connection connection = servers.connectToAny();
            servers.createBuckets(3);
            int leader = servers.leaderOf(connection, Bucket.ROOMS);
            servers.killAndAwaitRestart(leader);
            servers.stop(leader);
            servers.start(leader);
            assertThat(servers.leaderOf(connection, Bucket.ROOMS)).isBetween(0, 2);
        }
    }

    @Test
    void aSingleServerHoldsBuckets() throws Exception {
        try (Servers servers = Servers.single(directory)) {
            Connection connection = servers.connect(0);
            servers.createBuckets(1);
            assertThat(Servers.management(connection).getBucketNames()).contains(Bucket.USERS.bucketName());
        }
    }
}
