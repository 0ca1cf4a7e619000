package io.unibus.node.cli;

import io.unibus.client.Identity;
import io.unibus.client.SealedStream;
import io.unibus.client.SealingException;
import io.unibus.node.host.DataDirectory;
import io.unibus.node.host.ExitCode;
import io.unibus.node.host.FatalException;
import io.unibus.protocol.Endpoint;
import io.unibus.store.snapshot.Comparison;
import io.unibus.store.snapshot.Integrity;
import io.unibus.store.snapshot.Manifest;
import io.unibus.store.snapshot.Progress;
import io.unibus.store.snapshot.SnapshotFile;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code unibus snapshot}. */
@Command(
        name = "snapshot",
        description =
                "Take the whole control plane - users, rooms, members and sealed keys - out of a store and into one,"
                        + " as a file that is the same whatever store it is of.",
        subcommands = {SnapshotCommand.Export.class, SnapshotCommand.Import.class, SnapshotCommand.Verify.class},
        footer = {
            "",
            "Examples:",
            "  unibus snapshot export backup.unibus",
            "  unibus snapshot export backup.unibus --to U...",
            "  unibus snapshot import backup.unibus --data-dir /var/lib/unibus",
            "  unibus snapshot verify backup.unibus"
        })
final class SnapshotCommand extends BaseCommand {
    @Command(
            name = "export",
            description =
                    "Write everything that a store holds at one moment to FILE (mode 0600, never over a file). A node may"
                            + " go on meanwhile.",
            footer = {
                "",
                "Examples:",
                "  unibus snapshot export backup.unibus",
                "  unibus snapshot export backup.unibus --nats-url nats://127.0.0.1:4222 --cluster-key cluster.key"
            })
    static final class Export extends BaseCommand implements Callable<Integer> {
        @Parameters(paramLabel = "FILE", description = "Where the snapshot goes.")
        @SuppressWarnings("NullAway.Init") // set by picocli
        private Path file;

        @Mixin
        private final StoreChoice store = new StoreChoice();

        @Option(
                names = "--to",
                paramLabel = "ENDPOINT",
                converter = Converters.ToEndpoint.class,
                description = "Encrypt it, so that only this endpoint's identity opens it.")
        private @Nullable Endpoint recipient;

        @Mixin
        private final JsonOption json = new JsonOption();

        @Override
        public Integer call() {
            return Main.runWork(spec.commandLine().getErr(), file + " is there only if it is whole", this::export);
        }

        private int export(Progress progress) {
            Endpoint to = recipient;
            SnapshotFile.Coding coding = to == null ? SnapshotFile.Coding.PLAIN : sealedTo(to);
            Manifest manifest = store.read(source -> SnapshotFile.write(file, coding, source, progress));
            print(this, json, manifest, "snapshot written to " + file);
            return ExitCode.OK.code();
        }
    }

    @Command(
            name = "import",
            description =
                    "Write what FILE holds into a store, which must be empty or equal. What is there already is left"
                            + " as it is; if anything differs, or is there that FILE does not hold, nothing is written.",
            footer = {
                "",
                "Examples:",
                "  unibus snapshot import backup.unibus --data-dir /var/lib/unibus",
                "  unibus snapshot import backup.unibus --identity alice.seed --nats-url nats://127.0.0.1:4222"
            })
    static final class Import extends BaseCommand implements Callable<Integer> {
        @Mixin
        private final SnapshotSourceFile source = new SnapshotSourceFile();

        @Mixin
        private final StoreChoice store = new StoreChoice();

        @Mixin
        private final JsonOption json = new JsonOption();

        @Override
        public Integer call() {
            return Main.runWork(
                    spec.commandLine().getErr(),
                    "The import is not known to be complete. To do: run the same command again, which completes it",
                    this::importInto);
        }

        private int importInto(Progress progress) {
            try (SnapshotFile snapshot = source.open(progress)) {
                Integrity.require(snapshot);
                Comparison comparison =
                        store.isCluster() ? importFrom(snapshot, progress) : intoData(snapshot, progress);
                if (comparison.isConflict()) {
                    Conflicts.print(spec.commandLine().getErr(), comparison);
                    return ExitCode.UNEXPECTED.code();
                }
                print(
                        this,
                        json,
                        snapshot.manifest(),
                        comparison.missing() + " records written, " + comparison.equal() + " were there already");
                return ExitCode.OK.code();
            }
        }

        private Comparison importFrom(SnapshotFile snapshot, Progress progress) {
            return store.importFrom(snapshot, progress);
        }

        /** A node that runs would go on with what it has read. */
        private Comparison intoData(SnapshotFile snapshot, Progress progress) {
            Path database = store.database().toAbsolutePath().normalize();
            Path directory = database.getParent();
            if (directory == null || !database.endsWith("unibus.db")) {
                return importFrom(snapshot, progress);
            }
            try (DataDirectory data = DataDirectory.open(directory)) {
                data.lock();
                return importFrom(snapshot, progress);
            }
        }
    }

    @Command(
            name = "verify",
            description = "Read a snapshot from beginning to end: is it whole, unchanged, and a control plane?",
            footer = {"", "Example:", "  unibus snapshot verify backup.unibus"})
    static final class Verify extends BaseCommand implements Callable<Integer> {
        @Mixin
        private final SnapshotSourceFile source = new SnapshotSourceFile();

        @Mixin
        private final JsonOption json = new JsonOption();

        @Override
        public Integer call() {
            return Main.runWork(spec.commandLine().getErr(), "Nothing was changed", this::verify);
        }

        private int verify(Progress progress) {
            try (SnapshotFile snapshot = source.open(progress)) {
                Integrity.require(snapshot);
                print(this, json, snapshot.manifest(), "whole and unchanged");
                return ExitCode.OK.code();
            }
        }
    }

    /** The file that a snapshot is read from. */
    static final class SnapshotSourceFile {
        @Parameters(paramLabel = "FILE", description = "The file that `unibus snapshot export` made.")
        @SuppressWarnings("NullAway.Init") // set by picocli
        private Path file;

        @Option(
                names = "--identity",
                paramLabel = "SEED",
                description = "Seed file of the identity that an encrypted snapshot is for.")
        private @Nullable Path identity;

        SnapshotFile open(Progress progress) {
            return SnapshotFile.open(file, coding(), progress);
        }

        private SnapshotFile.Coding coding() {
            if (!isSealed()) {
                return SnapshotFile.Coding.PLAIN;
            }
            Path seed = identity;
            if (seed == null) {
                throw new FatalException(
                        ExitCode.USAGE, file + " is encrypted: give the identity that it is for with --identity");
            }
            return openedBy(Identity.load(seed));
        }

        private boolean isSealed() {
            try (InputStream in = Files.newInputStream(file)) {
                return new String(in.readNBytes(SealedStream.MAGIC.length()), StandardCharsets.ISO_8859_1)
                        .equals(SealedStream.MAGIC);
            } catch (IOException e) {
                return false; // opening it says why
            }
        }
    }

    static void print(BaseCommand command, JsonOption json, Manifest manifest, String result) {
        json.print(
                command.out(),
                fields -> {
                    fields.field("digest", manifest.digest());
                    fields.field("result", result);
                    fields.object("sections", manifest::writeFields);
                },
                () -> {
                    table(manifest).print(command.out());
                    command.out().println(result + "; digest " + manifest.digest());
                });
    }

    static Table table(Manifest manifest) {
        Table table = new Table("SECTION", "RECORDS", "SHA-256");
        manifest.sections().forEach((section, part) -> table.row(section, part.count(), part.sha256()));
        return table;
    }

    private static SnapshotFile.Coding sealedTo(Endpoint recipient) {
        return new SnapshotFile.Coding() {
            @Override
            public OutputStream encode(OutputStream file) throws IOException {
                return SealedStream.seal(file, recipient);
            }

            @Override
            public InputStream decode(InputStream file) {
                throw new IllegalStateException("only written");
            }
        };
    }

    private static SnapshotFile.Coding openedBy(Identity recipient) {
        return new SnapshotFile.Coding() {
            @Override
            public OutputStream encode(OutputStream file) {
                throw new IllegalStateException("only read");
            }

            @Override
            public InputStream decode(InputStream file) throws IOException {
                try {
                    return new Unsealed(SealedStream.open(file, recipient));
                } catch (SealingException e) {
                    throw new IOException(e.getMessage(), e);
                }
            }
        };
    }

    /** Fails as a file does, so that the reader says in which line. */
    private static final class Unsealed extends FilterInputStream {
        Unsealed(InputStream in) {
            super(in);
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            try {
                return in.read(bytes, offset, length);
            } catch (SealingException e) {
                throw new IOException(e.getMessage(), e);
            }
        }
    }
}
