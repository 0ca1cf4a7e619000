package io.unibus.node.cli;

import io.unibus.node.SnapshotStores;
import io.unibus.node.bus.ControlAccount;
import io.unibus.store.jetstream.KvTarget;
import io.unibus.store.snapshot.Comparison;
import io.unibus.store.snapshot.Progress;
import io.unibus.store.snapshot.SnapshotSource;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which store a snapshot is of or for: a database on this host, or the buckets of a cluster. */
final class StoreChoice {
    @Option(
            names = "--data-dir",
            paramLabel = "DIR",
            defaultValue = "${env:UNIBUS_DATA_DIR:-./unibus-data}",
            description = "Data directory of a node with SQLite. Default: UNIBUS_DATA_DIR, or ./unibus-data.")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private Path dataDir;

    @Option(names = "--db", paramLabel = "PATH", description = "The database itself, in place of --data-dir.")
    private @Nullable Path database;

    @Option(
            names = "--nats-url",
            paramLabel = "URL",
            converter = Converters.ToNatsUrl.class,
            description = "The bus of any node of a cluster, whose replicated store is meant then: nats://host:port, or"
                    + " tls://host:port.")
    private @Nullable String natsUrl;

    @Option(
            names = "--cluster-key",
            paramLabel = "FILE",
            defaultValue = "${env:UNIBUS_CLUSTER_KEY}",
            description =
                    "The cluster's key, for --nats-url. Default: UNIBUS_CLUSTER_KEY, or cluster.key in --data-dir.")
    private @Nullable Path clusterKey;

    @Mixin
    private final CaOption ca = new CaOption();

    boolean isCluster() {
        return natsUrl != null;
    }

    Path database() {
        return Optional.ofNullable(database).orElseGet(() -> dataDir.resolve("unibus.db"));
    }

    /** Reads the store as it is now. */
    <T> T read(Function<SnapshotSource, T> work) {
        String url = natsUrl;
        if (url == null) {
            try (SnapshotSource source = SnapshotStores.ofDatabase(database())) {
                return work.apply(source);
            }
        }
        try (ControlAccount account = logIn(url)) {
            SnapshotStores.requireBuckets(account.connection());
            try (KvTarget cluster = SnapshotStores.ofCluster(account.connection());
                    SnapshotSource source = cluster.source()) {
                return work.apply(source);
            }
        }
    }

    Comparison importFrom(SnapshotSource source, Progress progress) {
        String url = natsUrl;
        if (url == null) {
            return SnapshotStores.importInto(database(), source, progress);
        }
        try (ControlAccount account = logIn(url)) {
            SnapshotStores.requireBuckets(account.connection());
            try (KvTarget cluster = SnapshotStores.ofCluster(account.connection())) {
                return cluster.importFrom(source, progress);
            }
        }
    }

    private ControlAccount logIn(String url) {
        return ControlAccount.logIn(
                url, Optional.ofNullable(clusterKey).orElseGet(() -> dataDir.resolve("cluster.key")), ca.file());
    }
}
