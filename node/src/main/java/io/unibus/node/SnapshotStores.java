package io.unibus.node;

import io.nats.client.Connection;
import io.unibus.node.host.ExitCode;
import io.unibus.node.host.FatalException;
import io.unibus.store.jetstream.Bucket;
import io.unibus.store.jetstream.BucketSetup;
import io.unibus.store.jetstream.KvTarget;
import io.unibus.store.migration.MigratedFile;
import io.unibus.store.snapshot.Comparison;
import io.unibus.store.snapshot.Progress;
import io.unibus.store.snapshot.SnapshotSource;
import io.unibus.store.sqlite.SqliteCut;
import io.unibus.store.sqlite.SqliteLibrary;
import io.unibus.store.sqlite.SqliteTarget;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.stream.Collectors;

/** Stores as sources and targets of snapshots, for commands. */
public final class SnapshotStores {
    /** How long one write, or the wait for a lock or a quorum, may take: nobody waits for a single one of them. */
    public static final Duration PATIENCE = Duration.ofSeconds(10);

    private SnapshotStores() {}

    /** What a database holds now. Never makes or changes it. */
    public static SnapshotSource ofDatabase(Path database) {
        useLibraryBeside(database);
        return SqliteCut.open(database, PATIENCE);
    }

    /** Imports into a database, which is made if there is none. */
    public static Comparison importInto(Path database, SnapshotSource source, Progress progress) {
        useLibraryBeside(database);
        try (SqliteTarget target = SqliteTarget.open(database, PATIENCE)) {
            return target.importFrom(source, progress);
        }
    }

    /** The buckets behind a connection; it is not renewed, and closed by the caller after the result. */
    public static KvTarget ofCluster(Connection connection) {
        return KvTarget.open(() -> connection, PATIENCE);
    }

    /** @throws FatalException when there are none */
    public static void requireBuckets(Connection connection) {
        Set<Bucket> missing = BucketSetup.missing(connection);
        if (!missing.isEmpty()) {
            throw new FatalException(
                    ExitCode.CONFIGURATION,
                    "the cluster has no control plane: its buckets "
                            + missing.stream().map(Bucket::bucketName).collect(Collectors.joining(", "))
                            + " are missing. Start its nodes with --store kv first");
        }
    }

    /** @throws FatalException when what the database holds lives on in a cluster */
    public static void requireNotMigrated(Path database) {
        MigratedFile.read(database).ifPresent(migrated -> {
            throw new FatalException(
                    ExitCode.CONFIGURATION,
                    "the store " + database + " was migrated to a cluster at " + migrated.at()
                            + " and is out of date: start the node with --store kv. If you want the old store back for"
                            + " good, move " + MigratedFile.of(database) + " away");
        });
    }

    /** In a data directory the library has its place; elsewhere the driver unpacks a copy for itself. */
    public static void useLibraryBeside(Path database) {
        Path bin = database.toAbsolutePath().resolveSibling("bin");
        if (Files.isDirectory(bin) && Files.isWritable(bin)) {
            SqliteLibrary.unpackInto(bin);
        }
    }
}
