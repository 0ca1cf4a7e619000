package io.unibus.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.protocol.Endpoint;
import io.unibus.store.jetstream.Bucket;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/** Several nodes that are to be one cluster. Made by {@link Scenario#aCluster}, which also ends them. */
final class Cluster {
    /** After a fault, until all nodes serve again. */
    static final Duration RECOVERY_LIMIT = Duration.ofSeconds(60);

    private static final Duration REPLICAS_LIMIT = Duration.ofSeconds(90);
    private static final int BUCKETS = 5;
    private static final Duration POLL = Duration.ofMillis(50);

    private final Scenario scenario;
    private final ClusterNetwork network;
    private final Path key;
    private final List<ClusterNode> nodes;

    private Cluster(Scenario scenario, ClusterNetwork network, Path key, List<ClusterNode> nodes) {
        this.scenario = scenario;
        this.network = network;
        this.key = key;
        this.nodes = List.copyOf(nodes);
    }

    /** What cluster there is to be. */
    static final class Builder {
        private final Scenario scenario;
        private final Map<String, String> options = new LinkedHashMap<>();
        private final Map<String, String> environment = new LinkedHashMap<>();
        private int size = 3;
        private boolean partitions;

        Builder(Scenario scenario) {
            this.scenario = scenario;
        }

        Builder withNodes(int count) {
            size = count;
            return this;
        }

        /** Between whose nodes paths can be cut; skips the test where that cannot be done. */
        Builder withPartitions() {
            partitions = true;
            return this;
        }

        /** Of every node. */
        Builder with(String flag, String value) {
            options.put(flag, value);
            return this;
        }

        /** Of every node. */
        Builder environment(String variable, String value) {
            environment.put(variable, value);
            return this;
        }

        /** Hosts on which nothing runs yet. */
        Cluster prepare() {
            LoopbackNetwork loopback = LoopbackNetwork.unused(new Random());
            ClusterNetwork network = partitions ? namespaces(loopback) : loopback;
            String routes = String.join(
                    ",",
                    IntStream.rangeClosed(1, size)
                            .mapToObj(network::clusterAddress)
                            .toList());
            Path key = makeKey(scenario, "cluster.key");
            List<ClusterNode> nodes = new ArrayList<>();
            for (int number = 1; number <= size; number++) {
                ClusterNode node = new ClusterNode(scenario, network, number)
                        .option("--routes", routes)
                        .option("--cluster-key", key.toString());
                options.forEach(node::option);
                environment.forEach(node::environment);
                nodes.add(node);
            }
            ServerErrors.ofClusters().forEach(scenario::expectError);
            return new Cluster(scenario, network, key, nodes);
        }

        private NamespaceNetwork namespaces(LoopbackNetwork loopback) {
            NamespaceNetwork network = NamespaceNetwork.of(size, loopback);
            scenario.closeAfterwards(network);
            return network;
        }

        /** Returns at once; the nodes are then starting. */
        Cluster start() {
            Cluster cluster = prepare();
            cluster.start();
            return cluster;
        }
    }

    /** A new secret for the nodes of a cluster. */
    static Path makeKey(Scenario scenario, String name) {
        Path file = scenario.directory(name);
        Unibus.Result made = scenario.unibus().run("cluster-key", file.toString());
        assertThat(made.exitCode()).as(made.errors()).isZero();
        return file;
    }

    /** Those that do not run. */
    void start() {
        nodes.stream().filter(node -> !node.isRunning()).forEach(ClusterNode::start);
    }

    /** By its number, from 1 on. */
    ClusterNode node(int number) {
        return nodes.get(number - 1);
    }

    List<ClusterNode> nodes() {
        return nodes;
    }

    /** Copies all that the replicated store holds, as of one moment. */
    StoreCopy copy() {
        try {
            Path directory = Files.createTempDirectory(scenario.root(), "copy-");
            return StoreCopy.of(this, scenario.unibus(), directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The file with the secret that the nodes share. */
    Path key() {
        return key;
    }

    int size() {
        return nodes.size();
    }

    /** How many nodes are a majority. */
    int quorum() {
        return size() / 2 + 1;
    }

    /** Waits until all nodes name the same node as the one whose server leads that bucket, and returns it. */
    ClusterNode awaitLeader(Bucket bucket) {
        return Await.value("one leader of " + bucket.bucketName() + " on all nodes", RECOVERY_LIMIT, () -> {
            Await.pause(POLL);
            List<String> leaders = nodes.stream()
                    .flatMap(node -> BucketStatus.of(node).stream())
                    .filter(status -> status.name().equals(bucket.bucketName()))
                    .flatMap(status -> status.leader().stream())
                    .toList();
            return nodes.stream()
                    .filter(node -> Collections.frequency(leaders, node.name()) == size())
                    .findFirst();
        });
    }

    ClusterNode anyNode(Random random) {
        return nodes.get(random.nextInt(nodes.size()));
    }

    List<ClusterNode> others(ClusterNode node) {
        return nodes.stream().filter(other -> other != node).toList();
    }

    List<URI> urls() {
        return nodes.stream().map(ClusterNode::url).toList();
    }

    /** Of all nodes: of the start that was last. */
    Cluster awaitReady() {
        nodes.forEach(ClusterNode::awaitReady);
        return this;
    }

    /** Until every node says that it is ready at this moment. How long it took. */
    Duration awaitRecovered() {
        return Await.until("all nodes to be ready again", RECOVERY_LIMIT, () -> {
            Await.pause(POLL); // each question makes the node write
            return nodes.stream().allMatch(ClusterNode::isReady);
        });
    }

    /**
     * Until each of the five buckets was seen with so many replicas, all current, at some moment since the call: under load
     * a replica is a little behind now and then. How long it took.
     */
    Duration awaitReplicas(int count) {
        Set<String> whole = new TreeSet<>();
        return Await.until("all buckets to have " + count + " current replicas", REPLICAS_LIMIT, () -> {
            Await.pause(POLL);
            nodes.stream()
                    .flatMap(node -> BucketStatus.of(node).stream())
                    .filter(bucket -> bucket.isWhole(count))
                    .forEach(bucket -> whole.add(bucket.name()));
            return whole.size() == BUCKETS;
        });
    }

    /** Packets between that node and all others vanish. */
    void isolate(int number) {
        nodes.stream()
                .map(ClusterNode::number)
                .filter(other -> other != number)
                .forEach(other -> network.cut(number, other));
    }

    /** All paths work again. */
    void heal() {
        network.heal();
    }

    void stop() {
        List<ClusterNode> running =
                nodes.stream().filter(ClusterNode::isRunning).toList();
        running.forEach(node -> node.process().terminate());
        running.forEach(node -> node.process().awaitStopped());
    }

    /** An admin, through the first node that runs, by the command that an operator uses on its host. */
    void addAdmin(Endpoint endpoint) {
        ClusterNode node =
                nodes.stream().filter(ClusterNode::isRunning).findFirst().orElseThrow();
        Unibus.Result added = on(
                node,
                "user",
                "add",
                endpoint.nkey(),
                "--handle",
                "admin-" + endpoint.nkey().substring(50),
                "--admin",
                "--data-dir",
                node.dataDirectory().toString());
        assertThat(added.exitCode()).as(added.errors()).isZero();
    }

    /** Runs {@code bin/unibus} on the host of that node. */
    Unibus.Result on(ClusterNode node, String... arguments) {
        ProcessBuilder builder = scenario.unibus().builder(List.of(arguments));
        builder.command().addAll(0, node.here());
        return scenario.unibus().run(builder, Duration.ofSeconds(30));
    }
}
