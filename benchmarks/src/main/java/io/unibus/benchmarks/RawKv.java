package io.unibus.benchmarks;

import io.nats.client.Connection;
import io.nats.client.JetStream;
import io.nats.client.JetStreamApiException;
import io.nats.client.KeyValue;
import io.unibus.store.jetstream.Bucket;
import io.unibus.store.jetstream.Servers;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;

/** What is under the replicated store: puts and direct gets on three servers with three replicas, and nothing else. */
final class RawKv implements AutoCloseable {
    private static final int REPLICAS = 3;
    /** About the size of a room's record. */
    private static final int BYTES = 430;

    private final Servers servers;
    private final JetStream stream;
    private final KeyValue bucket;
    private final AtomicLong number = new AtomicLong();

    RawKv(Path directory) throws IOException, JetStreamApiException {
        servers = Servers.cluster(directory, REPLICAS);
        servers.createBuckets(REPLICAS);
        Connection connection = servers.connect(0);
        stream = connection.jetStream();
        bucket = connection.keyValue(Bucket.ROOMS.bucketName());
        put("read");
    }

    void write() throws IOException, JetStreamApiException {
        put("written-" + number.incrementAndGet());
    }

    void read() throws IOException, JetStreamApiException {
        if (bucket.get("room.read") == null) {
            throw new IOException("what was written is not there");
        }
    }

    private void put(String name) throws IOException, JetStreamApiException {
        var unused = stream.publish("$KV." + Bucket.ROOMS.bucketName() + ".room." + name, new byte[BYTES]);
    }

    @Override
    public void close() {
        servers.close();
    }
}
