package io.unibus.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.client.Identity;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A node with bus-auth enforce, and one peer that does what it must not, as often as it can. */
final class EnforcedFloodIT {
    private static final int ATTACKERS = 128;
    private static final int FORBIDDEN_MESSAGES = 100_000;
    private static final int MOST_LINES = 100;
    private static final Duration LIMIT = Duration.ofSeconds(20);

    @RegisterExtension
    final Scenario scenario = new Scenario();

    private final Random random = Settings.random();
    private final Identity alice = Identity.generate(Randoms.secure(random));
    private final Identity stranger = Identity.generate(Randoms.secure(random));

    @Test
    void refusedLoginsAndForbiddenMessagesFillNoLogAndStopNobody() throws IOException {
        NodeProcess node = scenario.aNode().with("--bus-auth", "enforce").start();
        String bus = node.awaitReady().nats();
        scenario.addAdmin(alice.endpoint());
        long linesBefore = node.log().lines().count();
        try (BusMember member = BusMember.of(bus, alice)) {
            Await.until("a login", LIMIT, member::isConnected);
            EchoMeter echoes = new EchoMeter(member, alice);
            AtomicInteger refused = new AtomicInteger();
            try (Workers attackers = new Workers();
                    Workers measuring = new Workers()) {
                AtomicInteger left = new AtomicInteger(Settings.refusedLogins());
                for (int i = 0; i < ATTACKERS; i++) {
                    attackers.begin(() -> {
                        while (left.getAndDecrement() > 0) {
                            refused.addAndGet(isRefused(bus) ? 1 : 0);
                        }
                    });
                }
                attackers.begin(() -> publishWhatIsForbidden(bus));
                measuring.begin(echoes::run);
                attackers.awaitEnd(Duration.ofMinutes(8));
                echoes.end();
                measuring.awaitEnd();
            }
            assertThat(refused).hasValue(Settings.refusedLogins());
            long lines = node.log().lines().count() - linesBefore;
            System.out.printf(
                    "EnforcedFloodIT: %d logins refused, %d messages forbidden: %d lines of log; %s%n",
                    refused.get(), FORBIDDEN_MESSAGES, lines, echoes);
            assertThat(lines).isLessThan(MOST_LINES);
            assertThat(member.losses()).isZero();
        }
    }

    /** Logs in on a connection of its own, as somebody who is not on the allowlist. */
    private boolean isRefused(String bus) {
        try (Socket socket = NatsSocket.connect(bus)) {
            NatsSocket.logIn(socket, stranger);
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8).contains("-ERR");
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private void publishWhatIsForbidden(String bus) {
        byte[] message = "PUB somebody.elses.room 4\r\ntext\r\n".getBytes(StandardCharsets.UTF_8);
        try (Socket socket = NatsSocket.connect(bus)) {
            NatsSocket.logIn(socket, alice);
            Thread reader = new Thread(() -> discard(socket), "flood-reader");
            reader.setDaemon(true);
            reader.start();
            OutputStream out = socket.getOutputStream();
            for (int i = 0; i < FORBIDDEN_MESSAGES; i++) {
                out.write(message);
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static void discard(Socket socket) {
        try {
            socket.getInputStream().transferTo(OutputStream.nullOutputStream());
        } catch (IOException closed) {
            return;
        }
    }
}
