package io.unibus.embeddednats;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a single user or connection can take of a server. */
final class LimitsIT {
    private static final int LIMIT_MILLIS = 5_000;

    private final Scenario scenario = new Scenario();

    @AfterEach
    void end() throws Exception {
        scenario.close();
    }

    @Test
    void accountHasSoManyConnectionsAndOthersStillGetIn() throws Exception {
        NatsServer server = start();
        try (Client first = new Client(server, "app")) {
            assertThat(first.say("PING")).isEqualTo("PONG");
            try (Client second = new Client(server, "app")) {
                assertThat(second.say("PING")).isEqualTo("PONG");
                try (Client third = new Client(server, "app");
                        Client other = new Client(server, "other")) {
                    assertThat(third.say("PING")).contains("maximum account active connections exceeded");
                    assertThat(other.say("PING")).isEqualTo("PONG");
                }
            }
        }
    }

    @Test
    void connectionHasSoManySubscriptionsAndStays() throws Exception {
        NatsServer server = start();
        try (Client client = new Client(server, "app")) {
            assertThat(client.say("SUB a 1\r\nSUB b 2\r\nSUB c 3\r\nPING")).contains("maximum subscriptions exceeded");
            assertThat(client.say("")).isEqualTo("PONG");
        }
    }

    private NatsServer start() {
        ServerConfig config = ServerConfig.builder("limited")
                .account(new Account("APP", false, List.of(User.password("app", Scenario.PASSWORD)), OptionalInt.of(2)))
                .account(new Account("OTHER", false, List.of(User.password("other", Scenario.PASSWORD))))
                .maxSubscriptions(2)
                .build();
        NatsServer server =
                scenario.build(scenario.builder(config).probeLogin(ProbeLogin.password("other", Scenario.PASSWORD)));
        server.start(Scenario.START_LIMIT);
        return server;
    }

    private static final class Client implements AutoCloseable {
        private final Socket socket;
        private final BufferedReader in;

        Client(NatsServer server, String user) throws IOException {
            socket = new Socket(
                    server.clientAddress().host(), server.clientAddress().port());
            socket.setSoTimeout(LIMIT_MILLIS);
            in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            send("CONNECT {\"verbose\":false,\"user\":\"" + user + "\",\"pass\":"
                    + Texts.quoted(Scenario.PASSWORD.reveal()) + "}");
        }

        /** Returns the next line that is neither a greeting nor a ping. */
        String say(String line) throws IOException {
            if (!line.isEmpty()) {
                send(line);
            }
            String answer = in.readLine();
            while (answer != null && (answer.startsWith("INFO") || answer.equals("PING"))) {
                answer = in.readLine();
            }
            return String.valueOf(answer);
        }

        private void send(String line) throws IOException {
            socket.getOutputStream().write((line + "\r\n").getBytes(StandardCharsets.UTF_8));
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
