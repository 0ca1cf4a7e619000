package io.unibus.embeddednats;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The real server takes what is rendered, and does what it says. */
class ServerConfigIT {
    private final Scenario scenario = new Scenario();

    @AfterEach
    void end() throws Exception {
        scenario.close();
    }

    @Test
    void theServerTakesTheFullConfiguration() throws Exception {
        ServerConfig config = ServerConfigTest.full(scenario.root.resolve("jet stream"), Scenario.freeAddress())
                .build();
        Path file = scenario.root.resolve("full.conf");
        PrivateFiles.write(file, ConfigText.render(config, new RunDirectory(scenario.root), 0));
        Process check = new ProcessBuilder(scenario.binary.executable().toString(), "-t", "-c", file.toString())
                .redirectErrorStream(true)
                .start();
        String answer = new String(check.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(check.waitFor()).as(answer).isZero();
    }

    /** In a cluster that has no quorum, with a login by key while everybody else goes to the callout. */
    @Test
    void aClusteredServerIsReadyAloneAndTellsNoSecret() throws Exception {
        KeyPair pair = TestKeys.generate();
        String key = TestKeys.publicKey(TestKeys.USER, pair);
        ServerConfig config = ServerConfigTest.full(scenario.data.resolve("jetstream"), Scenario.freeAddress())
                .account(new Account("PROBE", true, List.of(User.nkey(key))))
                .authCallout(new AuthCallout(
                        ServerConfigTest.ISSUER,
                        "PROBE",
                        List.of(key, ServerConfigTest.USER_KEY),
                        Duration.ofSeconds(5)))
                .build();
        NatsServer server = scenario.build(
                scenario.builder(config).probeLogin(ProbeLogin.nkey(key, nonce -> TestKeys.sign(pair, nonce))));
        ListAppender<ILoggingEvent> log = scenario.capture();

        server.start(Scenario.START_LIMIT);
        assertThat(server.serverId()).get().asString().startsWith("N");
        long start = System.nanoTime();
        server.stop();

        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
        assertThat(server.state()).isEqualTo(ServerState.STOPPED);
        assertThat(log.list).anyMatch(event -> event.getMessage().contains("lame duck"));
        assertThat(log.list)
                .noneMatch(event -> event.getMessage().contains("p/a:s@s")
                        || event.getMessage().contains("p%2Fa"));
    }

    @Test
    void debuggingTurnsOnMonitoringOnLoopback() throws Exception {
        NatsServer server = scenario.build(
                scenario.builder(scenario.config().debugMode(DebugMode.DEBUG).build()));
        ListAppender<ILoggingEvent> log = scenario.capture();
        server.start(Scenario.START_LIMIT);

        HostPort monitoring = server.monitoringAddress().orElseThrow();
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://" + monitoring + "/varz"))
                .build();
        assertThat(HttpClient.newHttpClient()
                        .send(request, BodyHandlers.ofString())
                        .body())
                .contains("test-server");
        assertThat(monitoring.host()).isEqualTo("127.0.0.1");
        assertThat(log.list).anyMatch(event -> event.getLevel() == Level.DEBUG);
        server.stop();
        assertThat(log.list).anyMatch(event -> event.getMessage().contains("Server Exiting"));
    }

    /** Far more than a pipe holds: a server whose output nobody reads would stand still. */
    @Test
    void theOutputIsDrained() throws Exception {
        NatsServer server = scenario.build(
                scenario.builder(scenario.config().debugMode(DebugMode.TRACE).build()));
        ListAppender<ILoggingEvent> log = scenario.capture();
        server.start(Scenario.START_LIMIT);
        int pings = 20_000;
        HostPort address = server.clientAddress();
        try (Socket socket = new Socket(address.host(), address.port())) {
            OutputStream out = socket.getOutputStream();
            out.write(("CONNECT {\"user\":\"app\",\"pass\":" + Texts.quoted(Scenario.PASSWORD.reveal()) + "}\r\n"
                            + "PING\r\n".repeat(pings))
                    .getBytes(StandardCharsets.UTF_8));
            int pongs = 0;
            var lines = new java.io.BufferedReader(
                    new java.io.InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            socket.setSoTimeout(10_000);
            for (String line = lines.readLine(); pongs < pings; line = lines.readLine()) {
                pongs += "PONG".equals(line) ? 1 : 0;
            }
            assertThat(pongs).isEqualTo(pings);
        }
        server.stop();
        assertThat(log.list.stream().filter(event -> event.getLevel() == Level.TRACE))
                .hasSizeGreaterThan(pings);
    }
}
