package io.unibus.node.cli;

import io.unibus.node.NodeStore;
import io.unibus.node.audit.AskedChange;
import io.unibus.node.audit.AuditLog;
import io.unibus.node.bus.ControlAccount;
import io.unibus.node.config.StoreKind;
import io.unibus.node.host.DataDirectory;
import io.unibus.node.host.ExitCode;
import io.unibus.node.host.FatalException;
import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Handle;
import io.unibus.protocol.User;
import io.unibus.protocol.UserRole;
import io.unibus.store.Outcome;
import io.unibus.store.OutcomeUnknownException;
import io.unibus.store.Rejection;
import io.unibus.store.Store;
import io.unibus.store.StoreChange;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code unibus user}: the allowlist, straight on the store: on the file of this host, whether or not the node runs, or on
 * the cluster's buckets, through a node that runs here.
 */
@Command(
        name = "user",
        description = "Manage the allowlist on the host of a node, straight on its store, also while the node runs. The"
                + " replicated store of a cluster is reached through the node, which must run.",
        subcommands = {
            UserCommand.Add.class,
            UserCommand.ListAll.class,
            UserCommand.Show.class,
            UserCommand.Revoke.class
        },
        footer = {
            "",
            "Examples:",
            "  unibus user add U... --handle alice --admin",
            "  unibus user list",
            "  unibus user revoke U... --data-dir /var/lib/unibus"
        })
final class UserCommand extends BaseCommand {
    private static final Duration OP_TIMEOUT = Duration.ofSeconds(5);

    /** Names the fences of commands; not that of a node, whose fences are its own. */
    private static final String COMMAND = "_command";

    /** What all subcommands share: where the store is, and how the result is printed. */
    abstract static class OnStore extends BaseCommand {
        @Option(
                names = "--data-dir",
                paramLabel = "DIR",
                defaultValue = "${env:UNIBUS_DATA_DIR:-./unibus-data}",
                description = "Data directory of the node. Default: UNIBUS_DATA_DIR, or ./unibus-data.")
        @SuppressWarnings("NullAway.Init") // set by picocli
        private Path dataDir;

        @Mixin
        final JsonOption json = new JsonOption();

        /** Opens the store, making the data directory if {@code create}; otherwise a missing one is an error. */
        final <T> T onStore(boolean create, Function<Store, T> work) {
            Path path = dataDir.toAbsolutePath().normalize();
            Optional<DataDirectory.RunningNode> replicated =
                    DataDirectory.findRunning(path).filter(node -> node.store().equals(StoreKind.KV.toString()));
            return replicated.isPresent() ? onCluster(replicated.get(), work) : onFile(path, create, work);
        }

        private <T> T onFile(Path path, boolean create, Function<Store, T> work) {
            boolean exists = path.resolve("unibus.db").toFile().exists();
            boolean hasBuckets = path.resolve("jetstream").toFile().exists();
            if (!exists && hasBuckets) { // an allowlist in a file would be one that nobody reads
                throw new FatalException(
                        ExitCode.UNAVAILABLE,
                        "the node in " + path
                                + " does not run, and its allowlist is in the cluster: start the node, or do"
                                + " this on the host of one that runs");
            }
            if (!create && !exists) {
                throw new FatalException(
                        ExitCode.CONFIGURATION,
                        "there is no store in " + path + ": name the node's data directory with --data-dir");
            }
            try (DataDirectory directory = DataDirectory.open(path);
                    Store store = NodeStore.open(directory.path(), OP_TIMEOUT)) {
                if (!exists) { // an admin who was added to the wrong directory is no admin of the node
                    spec.commandLine().getErr().println("created a new store in " + path);
                }
                return work.apply(store);
            }
        }

        private static <T> T onCluster(DataDirectory.RunningNode node, Function<Store, T> work) {
            try (ControlAccount account =
                            ControlAccount.logInTrusting(node.nats(), node.clusterKey(), NodeAddress.ownTrust(node));
                    Store store = NodeStore.openReplicated(account::connection, COMMAND, OP_TIMEOUT, OP_TIMEOUT)) {
                return work.apply(store);
            }
        }

        /** Changes the allowlist, and says so in the audit log of the data directory. */
        final User change(boolean create, AskedChange asked, Function<Store, Outcome<User>> work) {
            return valueOf(onStore(create, store -> {
                try {
                    Outcome<User> outcome = work.apply(store);
                    audit(
                            asked,
                            outcome instanceof Outcome.Refused<User> refused
                                    ? refused.rejection().code()
                                    : AskedChange.DONE);
                    return outcome;
                } catch (OutcomeUnknownException e) {
                    audit(asked, "outcome-unknown");
                    throw e;
                }
            }));
        }

        private void audit(AskedChange asked, String answer) {
            String user = System.getProperty("user.name");
            try (AuditLog auditLog = AuditLog.ofCommand(dataDir.toAbsolutePath().normalize(), Clock.systemUTC())) {
                auditLog.asked(new AskedChange.Asker("host", "host", user), asked, answer, OptionalLong.empty());
            }
        }

        final void print(User user) {
            json.print(out(), user::writeFields, () -> {
                Table table = userTable();
                addRow(table, user);
                table.print(out());
            });
        }
    }

    @Command(
            name = "add",
            description = "Put an endpoint on the allowlist.",
            footer = {"", "Example:", "  unibus user add U... --handle alice --admin"})
    static final class Add extends OnStore {
        @Parameters(paramLabel = "ENDPOINT", converter = Converters.ToEndpoint.class, description = "Public key, U...")
        @SuppressWarnings("NullAway.Init") // set by picocli
        private Endpoint endpoint;

        @Option(
                names = "--handle",
                required = true,
                paramLabel = "NAME",
                converter = Converters.ToHandle.class,
                description = "Name for people.")
        @SuppressWarnings("NullAway.Init") // set by picocli
        private Handle handle;

        @Option(names = "--admin", description = "May also manage the allowlist over HTTP.")
        private boolean admin;

        @Override
        public void run() {
            UserRole role = admin ? UserRole.ADMIN : UserRole.MEMBER;
            AskedChange asked = AskedChange.ofUser(StoreChange.Kind.USER_ADDED, endpoint, Optional.of(role.toString()));
            print(change(true, asked, store -> store.addUser(User.active(endpoint, handle, role, now()))));
            if (admin) {
                spec.commandLine()
                        .getErr()
                        .println(
                                "unibus: keep this admin's identity out of other NATS clients: they sign whatever a server"
                                        + " sends them, also a request in this name");
            }
        }
    }

    @Command(
            name = "list",
            description = "List all users, active and revoked.",
            footer = {"", "Example:", "  unibus user list --json"})
    static final class ListAll extends OnStore {
        @Override
        public void run() {
            List<User> users = onStore(false, Store::users);
            json.print(out(), users, User::writeFields, () -> {
                Table table = userTable();
                users.forEach(user -> addRow(table, user));
                table.print(out());
            });
        }
    }

    @Command(
            name = "show",
            description = "Show one user.",
            footer = {"", "Example:", "  unibus user show U..."})
    static final class Show extends OnStore {
        @Parameters(paramLabel = "ENDPOINT", converter = Converters.ToEndpoint.class, description = "Public key, U...")
        @SuppressWarnings("NullAway.Init") // set by picocli
        private Endpoint endpoint;

        @Override
        public void run() {
            print(onStore(false, store -> store.findUser(endpoint))
                    .orElseThrow(() -> refused(new Rejection.UserNotFound(endpoint))));
        }
    }

    @Command(
            name = "revoke",
            description = "Revoke a user, for ever.",
            footer = {"", "Example:", "  unibus user revoke U..."})
    static final class Revoke extends OnStore {
        @Parameters(paramLabel = "ENDPOINT", converter = Converters.ToEndpoint.class, description = "Public key, U...")
        @SuppressWarnings("NullAway.Init") // set by picocli
        private Endpoint endpoint;

        @Override
        public void run() {
            AskedChange asked = AskedChange.ofUser(StoreChange.Kind.USER_REVOKED, endpoint, Optional.empty());
            print(change(false, asked, store -> store.revokeUser(endpoint, now())));
        }
    }

    private static Instant now() {
        return Clock.systemUTC().instant().truncatedTo(ChronoUnit.MILLIS);
    }

    private static <T> T valueOf(Outcome<T> outcome) {
        if (outcome instanceof Outcome.Refused<T> refused) {
            throw refused(refused.rejection());
        }
        return ((Outcome.Done<T>) outcome).value();
    }

    private static FatalException refused(Rejection rejection) {
        return new FatalException(ExitCode.UNEXPECTED, rejection.detail() + " (" + rejection.code() + ")");
    }

    private static Table userTable() {
        return new Table("ENDPOINT", "HANDLE", "ROLE", "STATUS", "CREATED");
    }

    private static void addRow(Table table, User user) {
        table.row(user.endpoint(), user.handle(), user.role(), user.status(), user.createdAt());
    }
}
