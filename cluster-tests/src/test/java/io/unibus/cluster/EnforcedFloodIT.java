package io.unibus.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.client.Identity;
import io.unibus.protocol.JsonObject;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
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
            List<Long> echoes = new ArrayList<>();
            AtomicBoolean over = new AtomicBoolean();
            AtomicInteger refused = new AtomicInteger();
            try (Workers workers = new Workers()) {
                AtomicInteger left = new AtomicInteger(Settings.refusedLogins());
                for (int i = 0; i < ATTACKERS; i++) {
                    workers.begin(() -> {
                        while (left.getAndDecrement() > 0) {
                            refused.addAndGet(isRefused(bus) ? 1 : 0);
                        }
                    });
                }
                workers.begin(() -> {
                    publishWhatIsForbidden(bus);
                    over.set(true);
                });
                while (!over.get() || left.get() > 0) {
                    long begin = System.nanoTime();
                    assertThat(member.hearsOwnInbox(alice)).isTrue();
                    echoes.add((System.nanoTime() - begin) / 1_000_000);
                }
                workers.awaitEnd(Duration.ofMinutes(2));
            }
            assertThat(refused).hasValue(Settings.refusedLogins());
            long lines = node.log().lines().count() - linesBefore;
            List<Long> sorted = echoes.stream().sorted().toList();
            System.out.printf(
                    "EnforcedFloodIT: %d logins refused, %d messages forbidden: %d lines of log; %d echoes of another peer:"
                            + " median %d ms, p99 %d ms, most %d ms%n",
                    refused.get(),
                    FORBIDDEN_MESSAGES,
                    lines,
                    sorted.size(),
                    sorted.get(sorted.size() / 2),
                    sorted.get(sorted.size() * 99 / 100),
                    sorted.get(sorted.size() - 1));
            assertThat(lines).isLessThan(MOST_LINES);
            assertThat(member.losses()).isZero();
        }
    }

    /** Logs in on a connection of its own, as somebody who is not on the allowlist. */
    private boolean isRefused(String bus) {
        try (Socket socket = connect(bus)) {
            logIn(socket, stranger);
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8).contains("-ERR");
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private void publishWhatIsForbidden(String bus) {
        byte[] message = "PUB somebody.elses.room 4\r\ntext\r\n".getBytes(StandardCharsets.UTF_8);
        try (Socket socket = connect(bus)) {
            logIn(socket, alice);
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

    private static Socket connect(String bus) throws IOException {
        Socket socket = new Socket();
        socket.connect(Peer.addressOf(bus));
        socket.setSoTimeout((int) LIMIT.toMillis());
        return socket;
    }

    private static void logIn(Socket socket, Identity identity) throws IOException {
        StringBuilder info = new StringBuilder();
        for (int next = socket.getInputStream().read();
                next != '\n';
                next = socket.getInputStream().read()) {
            info.append((char) next);
        }
        String nonce = JsonObject.parse(info.substring("INFO ".length()).strip().getBytes(StandardCharsets.UTF_8))
                .requiredString("nonce");
        String signature = Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(identity.sign(nonce.getBytes(StandardCharsets.US_ASCII)));
        socket.getOutputStream()
                .write(("CONNECT {\"verbose\":false,\"nkey\":\""
                                + identity.endpoint().nkey() + "\",\"sig\":\"" + signature + "\"}\r\nPING\r\n")
                        .getBytes(StandardCharsets.UTF_8));
    }
}
