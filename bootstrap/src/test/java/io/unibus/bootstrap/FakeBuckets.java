package io.unibus.bootstrap;

import io.unibus.store.jetstream.Bucket;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/** Buckets of a cluster whose size and leader a test chooses. Replicas are current at once, unless told otherwise. */
final class FakeBuckets implements Buckets {
    final Map<Bucket, BucketStatus> present = new EnumMap<>(Bucket.class);
    final List<String> changes = new ArrayList<>();
    int servers = 3;
    boolean metaLeader = true;
    boolean quorum = true;
    boolean formed;
    long lag;
    Consumer<Duration> silence = limit -> {};

    @Override
    public Answer look(Bucket bucket) {
        if (!metaLeader) {
            return new Answer.Silent("timeout");
        }
        BucketStatus status = present.get(bucket);
        return status == null ? new Answer.Absent() : new Answer.Found(status(status.replicas(), status.republishes()));
    }

    @Override
    public Answer create(Bucket bucket, int replicas) {
        if (replicas > servers) {
            return new Answer.TooFewPeers();
        }
        changes.add("create " + bucket + " " + replicas);
        present.put(bucket, status(replicas, true));
        return look(bucket);
    }

    @Override
    public Answer configure(Bucket bucket, int replicas) {
        if (replicas > servers) {
            return new Answer.TooFewPeers();
        }
        changes.add("configure " + bucket + " " + replicas);
        present.put(bucket, status(replicas, true));
        return look(bucket);
    }

    @Override
    public boolean confirm(Bucket bucket, Duration limit) {
        if (!quorum) {
            silence.accept(limit);
        }
        return quorum;
    }

    @Override
    public boolean isFormed() {
        return formed;
    }

    @Override
    public boolean recordFormed(Instant at) {
        formed = quorum;
        return quorum;
    }

    BucketStatus status(int replicas, boolean republishes) {
        return new BucketStatus(
                replicas,
                republishes,
                Optional.of("n1"),
                IntStream.range(1, replicas)
                        .mapToObj(i -> new ReplicaReport("n" + (i + 1), i < servers, false, Duration.ZERO, lag))
                        .toList());
    }
}
