package io.unibus.store.migration;

import io.nats.client.Connection;
import io.nats.client.Nats;
import io.nats.client.Options;
import io.unibus.store.jetstream.KvTarget;
import io.unibus.store.snapshot.Progress;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;

/** Migrates in a process of its own, which a test kills. Arguments: database, URL, user, password, offline or online. */
final class MigratorProcess {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private MigratorProcess() {}

    public static void main(String[] args) throws Exception {
        Options options = Options.builder()
                .server(args[1])
                .userInfo(args[2], args[3])
                .connectionTimeout(PATIENCE)
                .noReconnect()
                .build();
        Connection connection = Nats.connect(options);
        try (KvTarget target = KvTarget.open(() -> connection, PATIENCE)) {
            System.out.println("begun");
            Migration migration = new Migration(Path.of(args[0]), target, Clock.systemUTC(), PATIENCE, Progress.NONE);
            Migration.Report report = args[4].equals("online") ? migration.runOnline() : migration.run(true);
            System.out.println("equal " + report.isEqual());
        } finally {
            connection.close();
        }
    }
}
