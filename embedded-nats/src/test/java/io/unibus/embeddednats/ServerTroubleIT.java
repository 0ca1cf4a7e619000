package io.unibus.embeddednats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.unibus.embeddednats.ServerTrouble.Kind;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Real servers that cannot work together, or whose store cannot be written to, and what is understood of it. */
class ServerTroubleIT {
    private static final Duration SOON = Duration.ofSeconds(10);

    private final Scenario scenario = new Scenario();
    private final List<ServerTrouble> ours = new CopyOnWriteArrayList<>();
    private final List<ServerTrouble> theirs = new CopyOnWriteArrayList<>();

    @AfterEach
    void end() throws Exception {
        scenario.close();
    }

    @Test
    void anotherLoginIsUnderstoodByTheDiallerAndTheDialled() throws Exception {
        HostPort listener = Scenario.freeAddress();
        start("dialled", cluster("c", listener, "one", listener), theirs);
        start("dialler", cluster("c", Scenario.freeAddress(), "two", listener), ours);
        assertThat(first(ours, Kind.OTHER_LOGIN).peer()).contains(listener.toString());
        assertThat(first(theirs, Kind.OTHER_LOGIN).peer()).contains("127.0.0.1");
        assertThat(ours).noneMatch(trouble -> trouble.advice().contains("two"));
    }

    @Test
    void anotherClusterNameIsUnderstoodByTheDiallerAndTheDialled() throws Exception {
        HostPort listener = Scenario.freeAddress();
        start("dialled", cluster("theirs", listener, "one", listener), theirs);
        start("dialler", cluster("ours", Scenario.freeAddress(), "one", listener), ours);
        assertThat(first(theirs, Kind.OTHER_CLUSTER).advice()).contains("the cluster ours, this one to theirs");
        assertThat(first(ours, Kind.OTHER_CLUSTER).peer()).contains(listener.toString());
        assertThat(first(ours, Kind.OTHER_CLUSTER).advice()).contains("the cluster theirs, this one to ours");
    }

    @Test
    void aSecondServerOfOneNameIsUnderstoodByTheDialled() throws Exception {
        HostPort listener = Scenario.freeAddress();
        start("twin", cluster("c", listener, "one", listener), theirs);
        start("twin", cluster("c", Scenario.freeAddress(), "one", listener), ours);
        assertThat(first(theirs, Kind.SAME_NAME).advice()).contains("is named twin like this one");
    }

    @Test
    void aServerThatIsNotThereIsUnreachable() throws Exception {
        HostPort nobody = Scenario.freeAddress();
        start("alone", cluster("c", Scenario.freeAddress(), "one", nobody), ours);
        assertThat(first(ours, Kind.UNREACHABLE).peer()).contains(nobody.toString());
        assertThat(first(ours, Kind.NO_QUORUM).peer()).isEmpty();
    }

    @Test
    void someOtherServiceIsNoClusterListener() throws Exception {
        try (ServerSocket service = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            Thread answerer = new Thread(() -> answerLikeHttp(service), "answerer");
            answerer.start();
            HostPort address = new HostPort("127.0.0.1", service.getLocalPort());
            start("alone", cluster("c", Scenario.freeAddress(), "one", address), ours);
            assertThat(first(ours, Kind.NOT_A_CLUSTER_LISTENER).peer()).contains(address.toString());
        }
    }

    /** A limit on the size of its files takes the place of a disk that is full. */
    @Test
    void aStoreThatCannotGrowIsFullUntilARestart() throws Exception {
        Path prlimit = Path.of("/usr/bin/prlimit");
        assumeTrue(Files.isExecutable(prlimit));
        NatsServer server =
                scenario.build(scenario.builder(scenario.config().build()).logListener(gather(ours)));
        server.start(Scenario.START_LIMIT);
        assertThat(Requests.createStream(server, "s")).doesNotContain("error");
        Process limit = new ProcessBuilder(
                        prlimit.toString(), "--pid", Long.toString(server.pid().orElseThrow()), "--fsize=100000")
                .start();
        assertThat(limit.waitFor()).isZero();

        String payload = "x".repeat(60_000);
        assertThat(Requests.send(server, "s.a", payload))
                .hasValueSatisfying(answer -> assertThat(answer).contains("\"seq\""));
        assertThat(Requests.send(server, "s.a", payload)).isEmpty();
        assertThat(first(ours, Kind.STORE_FULL).advice()).contains("restart the server");

        server.restart("the store was full");
        server.awaitReady(SOON);
        assertThat(Requests.send(server, "s.a", payload))
                .hasValueSatisfying(answer -> assertThat(answer).contains("\"seq\""));
    }

    private NatsServer start(String name, Cluster cluster, List<ServerTrouble> troubles) {
        Path data = scenario.root.resolve(name + cluster.listen().port());
        ServerConfig config = ServerConfig.builder(name)
                .jetStream(data.resolve("jetstream"))
                .account(new Account("APP", true, List.of(User.password("app", Scenario.PASSWORD))))
                .account(new Account("SYS", false, List.of()))
                .systemAccount("SYS")
                .cluster(cluster)
                .build();
        NatsServer server =
                scenario.build(Scenario.builder(scenario.binary, config, data).logListener(gather(troubles)));
        server.start(Scenario.START_LIMIT);
        return server;
    }

    private static Cluster cluster(String name, HostPort listen, String password, HostPort... routes) {
        return new Cluster(
                name, listen, Arrays.asList(routes), Optional.of(new User.Password("route", Secret.of(password))));
    }

    private static LogListener gather(List<ServerTrouble> troubles) {
        return line -> ServerTrouble.of(line).ifPresent(troubles::add);
    }

    private static ServerTrouble first(List<ServerTrouble> troubles, Kind kind) throws InterruptedException {
        Scenario.await("trouble " + kind, SOON, () -> troubles.stream().anyMatch(trouble -> trouble.kind() == kind));
        return troubles.stream()
                .filter(trouble -> trouble.kind() == kind)
                .findFirst()
                .orElseThrow();
    }

    private static void answerLikeHttp(ServerSocket service) {
        try {
            while (true) {
                try (Socket socket = service.accept();
                        OutputStream out = socket.getOutputStream()) {
                    out.write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                }
            }
        } catch (IOException closed) {
            assertThat(service.isClosed()).isTrue();
        }
    }
}
