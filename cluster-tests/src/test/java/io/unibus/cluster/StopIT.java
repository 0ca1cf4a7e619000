package io.unibus.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.client.Identity;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A node that is asked to stop does so in order, at whatever moment. */
final class StopIT {
    private static final int TERMINATED_BEFORE_MAIN = 128 + 15;

    @RegisterExtension
    final Scenario scenario = new Scenario();

    private final Random random = Settings.random();

    @Test
    void requestsUnderWayAreAnsweredAndNothingIsLeft() throws IOException {
        NodeProcess node = scenario.aNode().start();
        URI url = node.awaitReady().http();
        String caller = Identity.generate(Randoms.secure(random)).endpoint().nkey();
        byte[] body = "{\"subject\":\"slow.room\",\"policy\":{\"encrypted\":false}}".getBytes(StandardCharsets.UTF_8);
        try (Socket socket = new Socket(url.getHost(), url.getPort())) {
            socket.setSoTimeout(10_000);
            OutputStream out = socket.getOutputStream();
            out.write(head(url, caller, body.length).getBytes(StandardCharsets.US_ASCII));
            out.write(body, 0, 10);
            out.flush();
            Await.until("the request to be under way", Duration.ofSeconds(5), () -> isUnderWay(url));

            node.terminate();
            Await.until(
                    "the node to be stopping",
                    Duration.ofSeconds(5),
                    () -> !node.announcementFile().toFile().exists());
            out.write(body, 10, body.length - 10);
            out.flush();
            assertThat(new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII))
                    .isEqualTo("HTTP/1.1 201");
        }
        assertThat(node.awaitExit(NodeProcess.STOP_LIMIT)).isZero();
        assertThat(Proc.touching(node.dataDirectory())).isEmpty();
        assertThat(node.announcementFile()).doesNotExist();
    }

    private static String head(URI url, String caller, int length) {
        return String.join(
                "\r\n",
                "POST /rooms HTTP/1.1",
                "Host: " + url.getAuthority(),
                "Unibus-Endpoint: " + caller,
                "Content-Type: application/json",
                "Content-Length: " + length,
                "",
                "");
    }

    /** Both were sent to the same thread pool in this order, so the first was begun when the second is answered. */
    private static boolean isUnderWay(URI url) {
        return Http.get(url, "/livez").status() == 200;
    }

    @Test
    void anIdleNodeStopsWithinASecondsTime() {
        NodeProcess node = scenario.aNode().start();
        node.awaitReady();
        Duration time = node.stop();
        System.out.printf("StopIT: an idle node stopped in %d ms%n", time.toMillis());
        assertThat(time).isLessThan(Duration.ofSeconds(3));
        assertThat(Proc.touching(node.dataDirectory())).isEmpty();
        assertThat(node.announcementFile()).doesNotExist();
    }

    /** As a service manager does that signals a whole control group. */
    @Test
    void aChildThatIsTerminatedTogetherWithTheNodeIsNotStartedAgain() {
        NodeProcess node = scenario.aNode().start();
        node.awaitReady();
        Proc child = node.child();
        node.terminate();
        child.terminate();
        assertThat(node.awaitExit(NodeProcess.STOP_LIMIT)).isZero();
        assertThat(node.log()).containsOnlyOnce("is ready on");
        assertThat(Proc.touching(node.dataDirectory())).isEmpty();
    }

    @Test
    void aNodeStopsAlsoWhileItStarts() {
        for (int i = 0; i < Settings.killRounds(); i++) {
            NodeProcess node = scenario.aNode().start();
            Await.pause(Duration.ofMillis(random.nextInt(900)));
            node.terminate();
            int exitCode = node.awaitExit(NodeProcess.STOP_LIMIT);
            assertThat(exitCode).as(node.log()).isIn(0, TERMINATED_BEFORE_MAIN);
            Await.until(
                    "all of it to have ended",
                    Duration.ofSeconds(1),
                    () -> Proc.touching(node.dataDirectory()).isEmpty());
            assertThat(node.announcementFile()).doesNotExist();
        }
    }
}
