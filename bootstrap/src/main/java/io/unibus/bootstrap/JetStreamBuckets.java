package io.unibus.bootstrap;

import io.nats.client.Connection;
import io.nats.client.JetStreamApiException;
import io.nats.client.JetStreamManagement;
import io.nats.client.JetStreamOptions;
import io.nats.client.KeyValue;
import io.nats.client.KeyValueOptions;
import io.nats.client.api.ClusterInfo;
import io.nats.client.api.Replica;
import io.nats.client.api.StreamConfiguration;
import io.nats.client.api.StreamInfo;
import io.unibus.protocol.JsonWriter;
import io.unibus.store.StoreException;
import io.unibus.store.StoreUnusableException;
import io.unibus.store.jetstream.Bucket;
import io.unibus.store.jetstream.Link;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The buckets over a connection. The only class here that reads JetStream's error codes. Thread-safe. */
final class JetStreamBuckets implements Buckets {
    /** A request sent before the meta leader is known is dropped without an answer: waiting longer gains nothing. */
    private static final Duration ATTEMPT = Duration.ofMillis(150);

    private static final Duration WRITE_ATTEMPT = Duration.ofMillis(500);
    private static final String FORMED = "_formed";

    private static final int NO_SUITABLE_PEERS = 10005;
    private static final int STREAM_NAME_IN_USE = 10058;
    private static final int STREAM_NOT_FOUND = 10059;
    private static final int WRONG_LAST_SEQUENCE = 10071;

    private final Link link;
    private final String fenceKey;

    /** @param nodeName becomes part of a key */
    JetStreamBuckets(Link link, String nodeName) {
        this.link = link;
        this.fenceKey = "_fence." + nodeName.replaceAll("[^-_=a-zA-Z0-9]", "_");
    }

    private interface Request<T> {
        T send(Connection connection) throws IOException, JetStreamApiException;
    }

    @Override
    public Answer look(Bucket bucket) {
        return ask(connection -> found(bucket, management(connection).getStreamInfo(bucket.stream())));
    }

    @Override
    public Answer create(Bucket bucket, int replicas) {
        return ask(connection -> found(bucket, management(connection).addStream(bucket.configuration(replicas))));
    }

    @Override
    public Answer configure(Bucket bucket, int replicas) {
        return ask(connection -> {
            JetStreamManagement management = management(connection);
            StreamConfiguration present =
                    management.getStreamInfo(bucket.stream()).getConfiguration();
            return found(
                    bucket,
                    management.updateStream(StreamConfiguration.builder(present)
                            .replicas(replicas)
                            .republish(bucket.configuration(replicas).getRepublish())
                            .build()));
        });
    }

    @Override
    public boolean confirm(Bucket bucket, Duration limit) {
        return succeeds(connection -> keyValue(connection, bucket, limit).put(fenceKey, new byte[0]) > 0);
    }

    @Override
    public boolean isFormed() {
        return succeeds(
                connection -> keyValue(connection, Bucket.USERS, ATTEMPT).get(FORMED) != null);
    }

    @Override
    public boolean recordFormed(Instant at) {
        byte[] value = JsonWriter.object(json -> json.field("at", at));
        return succeeds(connection -> {
            try {
                return keyValue(connection, Bucket.USERS, WRITE_ATTEMPT).create(FORMED, value) > 0;
            } catch (JetStreamApiException e) {
                if (e.getApiErrorCode() == WRONG_LAST_SEQUENCE) {
                    return true; // another node was quicker
                }
                throw e;
            }
        });
    }

    private Answer ask(Request<Answer> request) {
        try {
            return request.send(link.connection());
        } catch (JetStreamApiException e) {
            return switch (e.getApiErrorCode()) {
                case STREAM_NOT_FOUND -> new Answer.Absent();
                case NO_SUITABLE_PEERS -> new Answer.TooFewPeers();
                case STREAM_NAME_IN_USE -> new Answer.Silent("another node is just creating it");
                default -> new Answer.Refused(e.getErrorDescription() + " (" + e.getApiErrorCode() + ")");
            };
        } catch (StoreUnusableException e) {
            throw e;
        } catch (IOException | StoreException | IllegalStateException | IllegalArgumentException e) {
            return new Answer.Silent(String.valueOf(e.getMessage()));
        }
    }

    private boolean succeeds(Request<Boolean> request) {
        try {
            return request.send(link.connection());
        } catch (JetStreamApiException
                | IOException
                | StoreException
                | IllegalStateException
                | IllegalArgumentException e) {
            return false;
        }
    }

    private static JetStreamManagement management(Connection connection) throws IOException {
        return connection.jetStreamManagement(
                JetStreamOptions.builder().requestTimeout(ATTEMPT).build());
    }

    private static KeyValue keyValue(Connection connection, Bucket bucket, Duration limit) throws IOException {
        return connection.keyValue(
                bucket.bucketName(),
                KeyValueOptions.builder().jsRequestTimeout(limit).build());
    }

    private static Answer found(Bucket bucket, StreamInfo stream) {
        StreamConfiguration configuration = stream.getConfiguration();
        @Nullable ClusterInfo cluster = stream.getClusterInfo();
        boolean republishes = configuration.getRepublish() != null;
        if (!bucket.isOfThisForm(configuration)) {
            throw bucket.earlierForm();
        }
        if (cluster == null) { // a server without a cluster
            return new Answer.Found(
                    new BucketStatus(configuration.getReplicas(), republishes, Optional.of(""), List.of()));
        }
        @Nullable List<Replica> replicas = cluster.getReplicas();
        return new Answer.Found(new BucketStatus(
                configuration.getReplicas(),
                republishes,
                Optional.ofNullable(cluster.getLeader()),
                replicas == null
                        ? List.of()
                        : replicas.stream().map(JetStreamBuckets::report).toList()));
    }

    private static ReplicaReport report(Replica replica) {
        return new ReplicaReport(
                replica.getName(), replica.isCurrent(), replica.isOffline(), replica.getActive(), replica.getLag());
    }
}
