package io.unibus.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.client.ControlPlaneClient;
import io.unibus.client.Identity;
import io.unibus.protocol.Endpoint;
import io.unibus.store.sqlite.SqliteStore;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The Java process dies at any moment: nothing of it stays, nothing that it acknowledged is lost. */
final class JvmKillIT {
    private static final int WRITERS = 4;
    private static final int LONGEST_START_MILLIS = 1200;
    private static final int LONGEST_SERVICE_MILLIS = 1500;
    private static final int LONGEST_STOP_MILLIS = 120;

    @RegisterExtension
    final Scenario scenario = new Scenario();

    private final Random random = Settings.random();
    private final List<Identity> identities = new ArrayList<>();
    private final List<LoneWriter> writers = new ArrayList<>();
    private final Map<Phase, Integer> rounds = new EnumMap<>(Phase.class);
    private Duration longestOrphan = Duration.ZERO;
    private int restarts;
    private int compared;

    private enum Phase {
        START,
        SERVICE,
        STOP
    }

    @Test
    void nothingAcknowledgedIsLostAndNothingIsLeftRunning() throws IOException {
        Files.createDirectory(scenario.directory("temporary"));
        makeWriters();
        try (ServerWatch watch = new ServerWatch(scenario.directory("data"))) {
            NodeProcess node = start();
            for (int round = 0; round < Settings.killRounds(); round++) {
                Phase phase = Phase.values()[round % Phase.values().length];
                rounds.merge(phase, 1, Integer::sum);
                node = restarted(killed(node, phase));
            }
            node.stop();
            assertThat(watch.together())
                    .as("servers on one data directory at once")
                    .isEmpty();
        }
        checkFile();
        assertThat(scenario.directory("temporary"))
                .as("files that killed processes left")
                .isEmptyDirectory();
        System.out.printf(
                "JvmKillIT: kills %s, longest orphan %d ms, restarts %d, acknowledged writes %d, compared over HTTP %d%n",
                rounds,
                longestOrphan.toMillis(),
                restarts,
                writers.stream().mapToInt(LoneWriter::acknowledged).sum(),
                compared);
    }

    private void makeWriters() {
        IntStream.range(0, WRITERS).forEach(i -> identities.add(Identity.generate(Randoms.secure(random))));
        for (Identity identity : identities) {
            scenario.addAdmin(identity.endpoint());
            List<Identity> peers =
                    identities.stream().filter(peer -> !peer.equals(identity)).toList();
            writers.add(new LoneWriter(identity, peers, new Random(random.nextLong())));
        }
    }

    private Orphans killed(NodeProcess node, Phase phase) {
        if (phase == Phase.START) {
            node.stop();
            NodeProcess starting = aNode().start();
            Await.pause(upTo(LONGEST_START_MILLIS));
            return Orphans.of(starting);
        }
        URI url = node.awaitReady().http();
        try (Workers work = new Workers()) {
            for (int i = 0; i < WRITERS; i++) {
                LoneWriter writer = writers.get(i);
                ControlPlaneClient client = ControlPlaneClient.of(url, identities.get(i));
                work.begin(() -> writer.writeUntilUnanswered(client));
            }
            Await.pause(upTo(LONGEST_SERVICE_MILLIS));
            if (phase == Phase.STOP) {
                node.terminate();
                Await.pause(upTo(LONGEST_STOP_MILLIS));
            }
            Orphans orphans = Orphans.of(node);
            work.awaitEnd();
            return orphans;
        }
    }

    /** Half of the time at once, so that the new node finds what the old one left. */
    private NodeProcess restarted(Orphans orphans) {
        if (random.nextBoolean()) {
            orphans.awaitEnd();
        }
        NodeProcess node = aNode().start();
        Duration time = orphans.awaitEnd();
        longestOrphan = time.compareTo(longestOrphan) > 0 ? time : longestOrphan;
        return serving(node);
    }

    private NodeProcess.Builder aNode() {
        return scenario.aNode().environment("UNIBUS_JAVA_OPTS", "-Djava.io.tmpdir=" + scenario.directory("temporary"));
    }

    private NodeProcess start() {
        return serving(aNode().start());
    }

    /** Serves, and has all that was acknowledged. */
    private NodeProcess serving(NodeProcess node) {
        URI url = node.awaitReady().http();
        restarts++;
        Map<Endpoint, ControlPlaneClient> clients = new TreeMap<>();
        identities.forEach(identity -> clients.put(identity.endpoint(), ControlPlaneClient.of(url, identity)));
        writers.forEach(writer -> compared += writer.check(clients));
        return node;
    }

    private void checkFile() {
        try (SqliteStore store =
                SqliteStore.open(scenario.directory("data").resolve("unibus.db"), Duration.ofSeconds(5))) {
            writers.forEach(writer -> writer.check(store));
        }
    }

    private Duration upTo(int millis) {
        return Duration.ofMillis(random.nextInt(millis));
    }
}
