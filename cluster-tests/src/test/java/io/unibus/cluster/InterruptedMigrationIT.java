package io.unibus.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.client.ProblemException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A migration that cannot go on to its end: somebody stops it, or there is no space left. */
final class InterruptedMigrationIT {
    private static final int RECORDS = 40_000;
    private static final int UNAVAILABLE = 503;
    private static final Duration LIMIT = Duration.ofMinutes(1);

    @RegisterExtension
    final Scenario scenario = new Scenario();

    @Test
    void anInterruptedMigrationSaysSoAndTheNextRunCompletesIt() throws Exception {
        Path database = Files.createDirectory(scenario.directory("old")).resolve("unibus.db");
        Population population = Population.of(RECORDS, Settings.random());
        population.settleIn(database, scenario);
        byte[] before = exported(database, "before");
        Cluster cluster = scenario.aCluster().withNodes(3).start().awaitReady();

        Path errors = scenario.logs().resolve("interrupted.err");
        Process migration = migration(cluster, database)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(errors.toFile())
                .start();
        Await.until("the first rooms", LIMIT, () -> shows(population, cluster.node(1)));
        migration.destroy(); // SIGTERM; the signal of Ctrl-C is ignored by what a shell runs in the background
        assertThat(migration.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();

        assertThat(Files.readString(errors)).startsWith(System.lineSeparator() + "unibus: interrupted. ");
        assertThat(Files.readAllLines(errors)).hasSize(2);
        assertThat(migration.exitValue()).isEqualTo(143);
        assertThat(beside(database, ".migrated")).doesNotExist();
        assertThat(unfinishedBeside(database)).isEmpty();
        assertThat(exported(database, "after")).isEqualTo(before);

        Unibus.Result completed = scenario.unibus().run(migration(cluster, database), LIMIT);
        assertThat(completed.exitCode()).as(completed.errors()).isZero();
        assertThat(completed.output()).contains("both sides are equal").doesNotContain(", 0 were there already");
        assertThat(beside(database, ".migrated")).exists();
    }

    @Test
    void withoutSpaceForTheBackupNothingIsWrittenOrLeft() throws Exception {
        Mount mount = Mount.at(scenario.directory("old"), "size=64m,mode=0700");
        scenario.closeAfterwards(mount);
        Path database = scenario.directory("old").resolve("unibus.db");
        Population population = Population.of(RECORDS, Settings.random());
        population.settleIn(database, scenario);
        byte[] before = exported(database, "before");
        Cluster cluster = scenario.aCluster().withNodes(3).start().awaitReady();

        try (FileChannel filler = FileChannel.open(mount.fill(), StandardOpenOption.WRITE)) {
            filler.truncate(filler.size() - Files.size(database) / 2);
        }
        Unibus.Result refused = scenario.unibus().run(migration(cluster, database), LIMIT);
        assertThat(refused.exitCode()).as(refused.errors()).isEqualTo(75);
        assertThat(refused.errors()).contains("the disk is full").contains("free space");
        assertThat(unfinishedBeside(database)).isEmpty();
        assertThat(population.roomsShownBy(cluster.node(1))).isEmpty();
        assertThat(exported(database, "after")).isEqualTo(before);
    }

    /** Whether a node shows some of the rooms, as far as it can say beside a migration that needs the whole machine. */
    private static boolean shows(Population population, ClusterNode node) {
        try {
            return !population.roomsShownBy(node).isEmpty();
        } catch (ProblemException e) {
            if (e.status() != UNAVAILABLE) {
                throw e;
            }
            return false;
        }
    }

    private ProcessBuilder migration(Cluster cluster, Path database) {
        return scenario.unibus()
                .builder(List.of(
                        "migrate-to-kv",
                        "--db",
                        database.toString(),
                        "--nats-url",
                        cluster.node(2).awaitReady().nats(),
                        "--cluster-key",
                        cluster.key().toString()));
    }

    private byte[] exported(Path database, String name) throws IOException {
        Path file = scenario.directory(name + ".unibus");
        Unibus.Result result =
                scenario.unibus().run("snapshot", "export", file.toString(), "--db", database.toString());
        assertThat(result.exitCode()).as(result.errors()).isZero();
        return Files.readAllBytes(file);
    }

    private static Path beside(Path database, String suffix) {
        return database.resolveSibling(database.getFileName() + suffix);
    }

    private static List<Path> unfinishedBeside(Path database) throws IOException {
        try (Stream<Path> files = Files.list(database.resolveSibling("."))) {
            return files.filter(file -> file.toString().contains(".tmp")).toList();
        }
    }
}
