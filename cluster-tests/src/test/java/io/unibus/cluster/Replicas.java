package io.unibus.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.nats.client.Connection;
import io.nats.client.JetStreamApiException;
import io.nats.client.JetStreamManagement;
import io.nats.client.JetStreamSubscription;
import io.nats.client.Message;
import io.nats.client.PullSubscribeOptions;
import io.nats.client.api.AckPolicy;
import io.nats.client.api.ClusterInfo;
import io.nats.client.api.ConsumerConfiguration;
import io.nats.client.api.ConsumerInfo;
import io.nats.client.api.DeliverPolicy;
import io.unibus.store.jetstream.Bucket;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Reads what each server alone holds of a bucket. A consumer with one replica lives on one of the servers that hold the
 * stream and is fed from that server's own disk, without asking any other; which server it is, the consumer says. They
 * are placed at random, so that they are made until every server has had one. Closed by whoever made it.
 */
final class Replicas implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(10);
    private static final Duration LIFE = Duration.ofMinutes(1);
    private static final int ATTEMPTS = 300;
    private static final int BATCH = 2_000;

    private final Connection connection;

    private Replicas(Connection connection) {
        this.connection = connection;
    }

    /** Of a cluster that runs. */
    static Replicas of(Cluster cluster) {
        return new Replicas(ControlLogin.to(cluster.node(1).nats(), cluster.key()));
    }

    /**
     * What all replicas of a bucket hold, once that is the same; they may be a little behind each other at first.
     *
     * @param count how many there must be
     */
    ReplicaContent awaitEqual(Bucket bucket, int count) {
        long begin = System.nanoTime();
        while (true) {
            SortedMap<String, ReplicaContent> contents = read(bucket);
            assertThat(contents).as("replicas of %s", bucket.bucketName()).hasSize(count);
            ReplicaContent first = contents.values().iterator().next();
            if (contents.values().stream().allMatch(first::equals)) {
                System.out.printf(
                        "Replicas: %s: %d equal replicas (%s) of %s, read in %d ms%n",
                        bucket.bucketName(),
                        contents.size(),
                        String.join(", ", contents.keySet()),
                        first,
                        (System.nanoTime() - begin) / 1_000_000);
                return first;
            }
            if (System.nanoTime() - begin > LIMIT.toNanos()) {
                throw new AssertionError("replicas of " + bucket.bucketName() + " differ: " + contents
                        + ", for example " + differences(contents));
            }
        }
    }

    private static List<String> differences(SortedMap<String, ReplicaContent> contents) {
        return contents.entrySet().stream()
                .flatMap(one -> contents.entrySet().stream()
                        .flatMap(other -> one.getValue().missingIn(other.getValue()).stream()
                                .map(record -> one.getKey() + " and not " + other.getKey() + ": " + record)))
                .toList();
    }

    /** By the names of the servers. */
    private SortedMap<String, ReplicaContent> read(Bucket bucket) {
        try {
            JetStreamManagement management = connection.jetStreamManagement();
            List<String> servers =
                    servers(management.getStreamInfo(bucket.stream()).getClusterInfo());
            SortedMap<String, ReplicaContent> contents = new TreeMap<>();
            for (int i = 0; i < ATTEMPTS && !contents.keySet().containsAll(servers); i++) {
                ConsumerInfo consumer = management.createConsumer(bucket.stream(), configuration());
                String server = consumer.getClusterInfo().getLeader();
                if (!contents.containsKey(server)) {
                    contents.put(server, content(bucket, consumer));
                }
                management.deleteConsumer(bucket.stream(), consumer.getName());
            }
            assertThat(contents).as("servers that were read").containsOnlyKeys(servers);
            return contents;
        } catch (IOException | JetStreamApiException e) {
            throw new AssertionError("the replicas of " + bucket.bucketName() + " cannot be read", e);
        }
    }

    private static List<String> servers(ClusterInfo stream) {
        return Stream.concat(
                        Stream.of(stream.getLeader()),
                        Optional.ofNullable(stream.getReplicas()).stream()
                                .flatMap(replicas -> replicas.stream().map(replica -> replica.getName())))
                .toList();
    }

    private static ConsumerConfiguration configuration() {
        return ConsumerConfiguration.builder()
                .numReplicas(1)
                .memStorage(true)
                .ackPolicy(AckPolicy.None)
                .deliverPolicy(DeliverPolicy.All)
                .inactiveThreshold(LIFE)
                .build();
    }

    /** Everything that the stream had when the consumer was made, without what fences write under keys of their own. */
    private ReplicaContent content(Bucket bucket, ConsumerInfo consumer) throws IOException, JetStreamApiException {
        SortedMap<String, ReplicaContent.Held> records = new TreeMap<>();
        JetStreamSubscription subscription = connection
                .jetStream()
                .subscribe(null, PullSubscribeOptions.fastBind(bucket.stream(), consumer.getName()));
        long pending = consumer.getNumPending();
        while (pending > 0) {
            List<Message> messages = subscription.fetch((int) Math.min(pending, BATCH), ANSWER_LIMIT);
            assertThat(messages).as("answers of the consumer").isNotEmpty();
            messages.forEach(message -> add(bucket, message, records));
            pending = messages.get(messages.size() - 1).metaData().pendingCount();
        }
        subscription.unsubscribe();
        return new ReplicaContent(records);
    }

    private static void add(Bucket bucket, Message message, Map<String, ReplicaContent.Held> records) {
        String key = message.getSubject().substring(("$KV." + bucket.bucketName() + ".").length());
        if (key.startsWith("_")) {
            return;
        }
        String operation = Optional.ofNullable(message.getHeaders())
                .map(headers -> headers.getFirst("KV-Operation"))
                .orElse("");
        records.put(key, ReplicaContent.Held.of(message.metaData().streamSequence(), operation, message.getData()));
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
