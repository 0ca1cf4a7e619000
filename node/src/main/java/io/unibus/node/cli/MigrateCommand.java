package io.unibus.node.cli;

import io.unibus.node.SnapshotStores;
import io.unibus.node.bus.ControlAccount;
import io.unibus.node.host.DataDirectory;
import io.unibus.node.host.ExitCode;
import io.unibus.node.host.FatalException;
import io.unibus.store.jetstream.Bucket;
import io.unibus.store.jetstream.BucketSetup;
import io.unibus.store.jetstream.KvTarget;
import io.unibus.store.migration.Migration;
import io.unibus.store.snapshot.Comparison;
import io.unibus.store.snapshot.Progress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code unibus migrate-to-kv}. */
@Command(
        name = "migrate-to-kv",
        description =
                "Move the whole control plane of a single node from its SQLite file into the replicated store of a"
                        + " cluster that runs: a backup first, then the records as they are, then a comparison of both sides, and"
                        + " only then the mark that it is complete. May be run again at any time; the second run changes nothing.",
        footer = {
            "",
            "Examples:",
            "  unibus migrate-to-kv --db /var/lib/unibus/unibus.db --nats-url nats://10.0.0.1:4222 --check",
            "  unibus migrate-to-kv --db /var/lib/unibus/unibus.db --nats-url nats://10.0.0.1:4222",
            "  unibus migrate-to-kv --db /var/lib/unibus/unibus.db --nats-url nats://10.0.0.1:4222 --online"
        })
final class MigrateCommand extends BaseCommand implements Callable<Integer> {
    @Option(names = "--db", required = true, paramLabel = "PATH", description = "The database of the node, unibus.db.")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private Path database;

    @Option(
            names = "--nats-url",
            required = true,
            paramLabel = "URL",
            converter = Converters.ToNatsUrl.class,
            description = "The bus of any node of the cluster: nats://host:port, or tls://host:port.")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private String natsUrl;

    @Option(
            names = "--cluster-key",
            paramLabel = "FILE",
            defaultValue = "${env:UNIBUS_CLUSTER_KEY}",
            description = "The cluster's key. Default: UNIBUS_CLUSTER_KEY, or cluster.key beside the database.")
    private @Nullable Path clusterKey;

    @Option(
            names = "--replicas",
            paramLabel = "N",
            defaultValue = "3",
            description = "How many nodes shall hold each bucket, 1 to 5, where there is none yet. Default: 3.")
    private int replicas;

    @Mixin
    private final CaOption ca = new CaOption();

    @Option(names = "--no-backup", description = "Make no copy of the database first.")
    private boolean noBackup;

    @Option(
            names = "--online",
            description = "The node may be running: its writes are held up for the last step only, and refused once the"
                    + " migration is complete. How long they were held up is reported.")
    private boolean online;

    @Option(names = "--check", description = "Change nothing; say what would happen.")
    private boolean check;

    @Mixin
    private final JsonOption json = new JsonOption();

    @Override
    public Integer call() {
        requireSensible();
        return Main.runWork(
                spec.commandLine().getErr(),
                check
                        ? "Nothing was changed"
                        : "The migration is not known to be complete, and its source is unchanged. To do: run the same"
                                + " command again, which completes it",
                this::migrate);
    }

    private int migrate(Progress progress) {
        Path path = database.toAbsolutePath().normalize();
        SnapshotStores.useLibraryBeside(path);
        SnapshotStores.ofDatabase(path).close(); // says first what is wrong with the source
        Path key = Optional.ofNullable(clusterKey).orElseGet(() -> path.resolveSibling("cluster.key"));
        NodeAway away = check || online ? NodeAway.UNKNOWN : NodeAway.of(path);
        try (ControlAccount account = ControlAccount.logIn(natsUrl, key, ca.file())) {
            Set<Bucket> missing = BucketSetup.missing(account.connection());
            if (!missing.isEmpty() && check) {
                return wouldCreate(path, missing);
            }
            BucketSetup.create(account.connection(), missing, replicas);
            try (KvTarget target = SnapshotStores.ofCluster(account.connection())) {
                return migrate(new Migration(path, target, Clock.systemUTC(), SnapshotStores.PATIENCE, progress));
            }
        } finally {
            away.close();
        }
    }

    private void requireSensible() {
        if (online && noBackup) {
            throw new FatalException(
                    ExitCode.USAGE,
                    "--online needs the backup that --no-backup leaves out: most records are written from it, so that the"
                            + " node can go on meanwhile. Leave one of the two out");
        }
        if (replicas < 1 || replicas > 5) {
            throw new FatalException(ExitCode.USAGE, "--replicas must be 1 to 5, not " + replicas);
        }
    }

    private int wouldCreate(Path path, Set<Bucket> missing) {
        try (var source = SnapshotStores.ofDatabase(path)) {
            out().println("would make " + missing.size() + " buckets with " + replicas + " replicas, and write "
                    + source.count() + " records; nothing was changed");
        }
        return ExitCode.OK.code();
    }

    private int migrate(Migration migration) {
        Migration.Report report = check ? migration.check() : online ? migration.runOnline() : migration.run(!noBackup);
        print(report);
        if (report.before().isConflict() || !(check || report.isEqual())) {
            Conflicts.print(spec.commandLine().getErr(), report.after());
            spec.commandLine().getErr().println("unibus: " + explanation(report));
            return ExitCode.UNEXPECTED.code();
        }
        return ExitCode.OK.code();
    }

    private String explanation(Migration.Report report) {
        Optional<KvTarget.Mark> earlier = report.earlier();
        if (earlier.isPresent()) {
            boolean same = earlier.get().source().equals(report.source().digest());
            return "a migration into this cluster was complete at "
                    + earlier.get().at()
                    + (same
                            ? ", of this very source: the cluster has gone on since, and nothing is left to do"
                            : ", of another source or an earlier state of this one");
        }
        Path unfinished = Migration.unfinished(database);
        return Files.exists(unfinished)
                ? "only what the unfinished migration that " + unfinished
                        + " names has written, and nobody has changed since, would be replaced"
                : "no unfinished migration of this database is known, since there is no " + unfinished
                        + ": so nothing that is there would be replaced";
    }

    private void print(Migration.Report report) {
        String result = result(report);
        json.print(
                out(),
                fields -> {
                    fields.field("result", result);
                    fields.field("digest", report.source().digest());
                    fields.field("equal", report.isEqual());
                    fields.field("completed", report.completed());
                    fields.field("written", report.written());
                    fields.field("written_read_only", report.writtenInHold());
                    fields.field("stale", report.before().stale());
                    fields.field("already_there", report.before().equal());
                    fields.field("differing", report.after().differing());
                    fields.field("extra", report.after().extra());
                    report.backup().ifPresent(backup -> fields.field("backup", backup.toString()));
                    fields.field("read_only_ms", report.readOnly().toMillis());
                    fields.object("sections", report.source()::writeFields);
                },
                () -> {
                    SnapshotCommand.table(report.source()).print(out());
                    report.backup().ifPresent(backup -> out().println("backup: " + backup));
                    out().println(result);
                });
    }

    private String result(Migration.Report report) {
        if (report.before().isConflict()) {
            return "not migrated: the target holds something else; nothing was written";
        }
        if (check) {
            return wouldDo(report.before());
        }
        if (!report.isEqual()) {
            return "not complete: after the import the two sides differ";
        }
        return report.written() + " records written, " + report.before().equal() + " were there already; both sides are"
                + " equal, digest " + report.source().digest() + (online ? held(report) : "");
    }

    private String wouldDo(Comparison found) {
        if (found.isEqual()) {
            return "nothing to do: both sides are equal";
        }
        String stale = found.stale() == 0
                ? ""
                : ", replace or remove " + found.stale() + " that an unfinished migration has written";
        return "would write " + found.missing() + " records" + stale + ", " + found.equal() + " are there already"
                + (online ? "; writes of the node would be held up at the end" : "") + "; nothing was changed";
    }

    private static String held(Migration.Report report) {
        return "; writes were held up for " + report.readOnly().toMillis() + " ms, in which " + report.writtenInHold()
                + " of the records were written, and are refused from now on";
    }

    /** That no node runs on the source, and none begins to. */
    private record NodeAway(Optional<DataDirectory> directory) implements AutoCloseable {
        /** For what does no harm to a node that runs. */
        static final NodeAway UNKNOWN = new NodeAway(Optional.empty());

        static NodeAway of(Path database) {
            Path path = Optional.ofNullable(database.getParent()).orElseGet(() -> Path.of("."));
            if (!path.resolve("lock").toFile().exists()) {
                return UNKNOWN;
            }
            DataDirectory.findRunning(path).ifPresent(node -> {
                throw new FatalException(
                        ExitCode.TRY_AGAIN,
                        "the node in " + path + " runs (process " + node.pid()
                                + "), and what it would write during the migration would be lost: stop it first, or"
                                + " migrate with --online while it goes on");
            });
            DataDirectory directory = DataDirectory.open(path);
            directory.lock();
            return new NodeAway(Optional.of(directory));
        }

        @Override
        public void close() {
            directory.ifPresent(DataDirectory::close);
        }
    }
}
