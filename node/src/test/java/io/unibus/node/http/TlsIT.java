package io.unibus.node.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nats.client.Connection;
import io.nats.client.ErrorListener;
import io.nats.client.Nats;
import io.nats.client.Options;
import io.unibus.client.ControlPlaneClient;
import io.unibus.client.Identity;
import io.unibus.client.StatusClient;
import io.unibus.client.UnreachableException;
import io.unibus.client.UntrustedNodeException;
import io.unibus.node.Node;
import io.unibus.node.bus.ClusterAuthority;
import io.unibus.node.bus.ClusterKey;
import io.unibus.node.config.NodeConfig;
import io.unibus.node.config.NodeOption;
import io.unibus.node.config.OptionValues;
import io.unibus.node.host.DataDirectory;
import io.unibus.node.host.ExitCode;
import io.unibus.node.host.FatalException;
import io.unibus.node.tls.PinnedTrust;
import io.unibus.node.tls.TestAuthority;
import io.unibus.node.tls.TrustedCa;
import io.unibus.protocol.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A whole node whose HTTP and bus are behind TLS, asked by clients of the JDK, of NATS and of this program. */
@Timeout(120)
final class TlsIT {
    private static final byte HANDSHAKE = 22;
    private static final int ALERT = 21;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path directory;

    private @Nullable Node node;
    private URI http = URI.create("about:blank");
    private String bus = "";

    @AfterEach
    void stop() {
        Node running = node;
        if (running != null) {
            running.stop();
        }
    }

    @Test
    void clientsThatTrustTheAuthorityOfTheClusterAreServed() throws Exception {
        start(Map.of(NodeOption.TLS, "auto", NodeOption.HTTP_NAMES, "bus.example:8443"));
        assertThat(http).hasScheme("https");
        assertThat(bus).startsWith("tls://127.0.0.1:");
        SSLContext trust = TrustedCa.contextOf(ca());
        assertThat(get(trust, "/readyz").statusCode()).isEqualTo(200);
        JsonObject tls = JsonObject.parse(get(trust, "/status").body().getBytes(StandardCharsets.UTF_8))
                .object("tls")
                .orElseThrow();
        assertThat(tls.requiredString("mode")).isEqualTo("auto");
        assertThat(tls.strings("problems")).isEmpty();
        echoOverTheBus(trust);
        try (SSLSocket socket = handshake(trust, http.getPort())) {
            assertThat(socket.getSession().getProtocol()).isEqualTo("TLSv1.3");
            assertThat(socket.getSession().getPeerCertificates()[0].toString()).contains("bus.example", "localhost");
        }
    }

    @Test
    void commandsOnTheHostKnowTheNodeByItsCertificate() throws Exception {
        start(Map.of(NodeOption.TLS, "auto"));
        DataDirectory.RunningNode running =
                DataDirectory.findRunning(directory.resolve("data")).orElseThrow();
        assertThat(running.http()).isEqualTo(http.toString());
        assertThat(running.nats()).isEqualTo(bus);
        SSLContext known = PinnedTrust.contextOf(running.certificates());
        assertThat(new StatusClient(http, Optional.empty(), Optional.of(known)).status())
                .isNotEmpty();
        SSLContext unknown = PinnedTrust.contextOf(List.of("00"));
        assertThatThrownBy(() -> new StatusClient(http, Optional.empty(), Optional.of(unknown)).status())
                .isInstanceOf(UntrustedNodeException.class);
    }

    @Test
    void signedRequestsAreForTheNameInTheUrl() throws Exception {
        start(Map.of(NodeOption.TLS, "auto", NodeOption.BUS_AUTH, "soft"));
        Identity alice = Identity.generate(new SecureRandom());
        ControlPlaneClient client = ControlPlaneClient.of(http, alice, Optional.of(TrustedCa.contextOf(ca())));
        assertThat(client.roomsOf(alice.endpoint())).isEmpty();
        JsonObject status = JsonObject.parse(
                get(TrustedCa.contextOf(ca()), "/status").body().getBytes(StandardCharsets.UTF_8));
        assertThat(status.objects("denials"))
                .extracting(denial -> denial.requiredString("reason"))
                .containsExactly("user-unknown");
    }

    @Test
    void clientsThatTrustAnotherAuthorityRefuseTheNode() throws Exception {
        start(Map.of(NodeOption.TLS, "auto"));
        Path other = Files.writeString(directory.resolve("other.pem"), new TestAuthority().certificatePem());
        SSLContext wrong = TrustedCa.contextOf(other);
        assertThatThrownBy(() -> get(wrong, "/livez")).isInstanceOf(SSLException.class);
        assertThatThrownBy(() -> Nats.connect(options(wrong)).close()).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> new StatusClient(http, Optional.empty()).status())
                .isInstanceOf(UntrustedNodeException.class)
                .hasMessageContaining("--ca")
                .hasMessageNotContaining("Exception");
    }

    @Test
    void commandsThatMistakeTheSchemeAreToldSo() {
        start(Map.of(NodeOption.TLS, "auto"));
        URI plain = URI.create(http.toString().replace("https:", "http:"));
        assertThatThrownBy(() -> new StatusClient(plain, Optional.empty()).status())
                .isInstanceOf(UnreachableException.class)
                .hasMessageContaining("https:");
        stop();
        start(Map.of());
        URI secured = URI.create(http.toString().replace("http:", "https:"));
        assertThatThrownBy(() -> new StatusClient(secured, Optional.empty()).status())
                .isInstanceOf(UntrustedNodeException.class)
                .hasMessageContaining("answers without TLS");
    }

    @Test
    void plainClientsAreRefused() throws Exception {
        start(Map.of(NodeOption.TLS, "auto"));
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), http.getPort())) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream()
                    .write("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1))
                    .doesNotContain("HTTP/1.1");
        }
        Options plain = Options.builder()
                .server(bus.replace("tls:", "nats:"))
                .errorListener(new ErrorListener() {})
                .noReconnect()
                .build();
        assertThatThrownBy(() -> Nats.connect(plain).close()).isInstanceOf(IOException.class);
    }

    @Test
    void versionsOfTlsBefore12AreRefused() throws Exception {
        start(Map.of(NodeOption.TLS, "auto"));
        assertThat(answerToHelloOfTls11(http.getPort(), false)).isEqualTo(ALERT);
        assertThat(answerToHelloOfTls11(Integer.parseInt(bus.replaceFirst(".*:", "")), true))
                .isEqualTo(ALERT);
    }

    @Test
    void filesOfTheOperatorAreShownOnBothDoors() throws Exception {
        TestAuthority authority = new TestAuthority();
        TestAuthority.Issued issued = authority.issue("127.0.0.1");
        startWith(issued);
        SSLContext trust =
                TrustedCa.contextOf(Files.writeString(directory.resolve("authority.pem"), authority.certificatePem()));
        assertThat(get(trust, "/livez").statusCode()).isEqualTo(200);
        echoOverTheBus(trust);
        for (String file : List.of("nats-server.clients.key", "nats-server.clients.crt")) {
            Path path = directory.resolve("data").resolve(file);
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                    .isEqualTo("rw-------");
        }
        stop();
        node = null;
        assertThat(directory.resolve("data/nats-server.clients.key")).doesNotExist();
    }

    @Test
    void newFilesAreTakenUpWithoutARestartAndWithoutLosingAConnection() throws Exception {
        TestAuthority authority = new TestAuthority();
        TestAuthority.Issued first = authority.issue("127.0.0.1");
        TestAuthority.Issued second = authority.issue("127.0.0.1");
        startWith(first);
        SSLContext trust =
                TrustedCa.contextOf(Files.writeString(directory.resolve("authority.pem"), authority.certificatePem()));
        Connection peer = Nats.connect(options(trust));
        try (SSLSocket kept = handshake(trust, http.getPort())) {
            assertThat(askLive(kept)).contains("200 OK");
            authority.issue("elsewhere.example").writeTo(certificate(), key());
            await(() -> tlsProblems(trust).stream().anyMatch(problem -> problem.contains("elsewhere.example")), kept);
            assertThat(serialShown()).isEqualTo(first.serial());

            second.writeTo(certificate(), key());
            await(() -> serialShown().equals(second.serial()), kept);
            assertThat(tlsProblems(trust)).isEmpty();
            assertThat(askLive(kept)).contains("200 OK");
            await(
                    "the certificate that the bus shows",
                    () -> serialOnTheBus(trust).equals(second.serial()));
            assertThat(peer.getStatus()).isEqualTo(Connection.Status.CONNECTED);
        } finally {
            peer.close();
        }
        DataDirectory.RunningNode running =
                DataDirectory.findRunning(directory.resolve("data")).orElseThrow();
        SSLContext known = PinnedTrust.contextOf(running.certificates());
        assertThat(new StatusClient(http, Optional.empty(), Optional.of(known)).status())
                .isNotEmpty();
    }

    @Test
    void nodeDoesNotStartWithFilesThatCannotBeUsed() throws Exception {
        TestAuthority authority = new TestAuthority();
        assertThatThrownBy(() -> startWith(authority.issue("elsewhere.example")))
                .isInstanceOfSatisfying(
                        FatalException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.CONFIGURATION))
                .hasMessageContaining("elsewhere.example");
    }

    /** Returns the kind of the record that answers a hello of TLS 1.1. */
    private static int answerToHelloOfTls11(int port, boolean greeted) throws IOException {
        ByteBuffer hello = ByteBuffer.allocate(56);
        hello.put(new byte[] {HANDSHAKE, 3, 2, 0, 51}).put(new byte[] {1, 0, 0, 47}); // RFC 4346, 6.2.1 and 7.4
        hello.put(new byte[] {3, 2}).put(new byte[32]).put((byte) 0); // version, random, no session
        hello.putShort((short) 8).putShort((short) 0xC009).putShort((short) 0xC013); // RFC 4492
        hello.putShort((short) 0xC00A).putShort((short) 0x002F);
        hello.put(new byte[] {1, 0}); // no compression
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(10_000);
            InputStream in = socket.getInputStream();
            for (int next = 0; greeted && next != '\n'; next = in.read()) {
                assertThat(next).isNotNegative();
            }
            socket.getOutputStream().write(hello.array());
            return in.read();
        }
    }

    private interface Condition {
        boolean isMet() throws IOException, InterruptedException;
    }

    /** Meanwhile a connection from before is kept busy. */
    private static void await(Condition condition, SSLSocket kept) throws IOException, InterruptedException {
        await("the change", () -> {
            assertThat(askLive(kept)).contains("200 OK");
            return condition.isMet();
        });
    }

    private static void await(String what, Condition condition) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + Duration.ofSeconds(40).toNanos();
        while (!condition.isMet()) {
            assertThat(System.nanoTime()).as(what).isLessThan(deadline);
            Thread.sleep(100);
        }
    }

    private List<String> tlsProblems(SSLContext trust) throws IOException, InterruptedException {
        return JsonObject.parse(get(trust, "/status").body().getBytes(StandardCharsets.UTF_8))
                .object("tls")
                .orElseThrow()
                .strings("problems");
    }

    /** Returns the serial number of the certificate that a handshake shows now. */
    private BigInteger serialShown() throws IOException {
        SSLContext trust = TrustedCa.contextOf(directory.resolve("authority.pem")); // resumes no session
        try (SSLSocket socket = handshake(trust, http.getPort())) {
            return ((X509Certificate) socket.getSession().getPeerCertificates()[0]).getSerialNumber();
        }
    }

    private BigInteger serialOnTheBus(SSLContext trust) throws IOException {
        URI address = URI.create(bus);
        try (Socket plain = new Socket(address.getHost(), address.getPort())) {
            for (int next = 0; next != '\n'; next = plain.getInputStream().read()) {
                assertThat(next).as("the greeting").isNotNegative();
            }
            try (SSLSocket socket = (SSLSocket)
                    trust.getSocketFactory().createSocket(plain, address.getHost(), address.getPort(), true)) {
                socket.startHandshake();
                return ((X509Certificate) socket.getSession().getPeerCertificates()[0]).getSerialNumber();
            }
        }
    }

    private static String askLive(SSLSocket socket) throws IOException {
        socket.setSoTimeout(10_000);
        socket.getOutputStream()
                .write("GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        StringBuilder answer = new StringBuilder();
        while (answer.indexOf("live\"}") < 0) {
            int next = socket.getInputStream().read();
            assertThat(next).as(answer.toString()).isNotNegative();
            answer.append((char) next);
        }
        return answer.toString();
    }

    private Path certificate() {
        return directory.resolve("fullchain.pem");
    }

    private Path key() {
        return directory.resolve("privkey.pem");
    }

    private void startWith(TestAuthority.Issued issued) throws IOException {
        issued.writeTo(certificate(), key());
        start(Map.of(
                NodeOption.TLS, "files",
                NodeOption.TLS_CERT, certificate().toString(),
                NodeOption.TLS_KEY, key().toString()));
    }

    private void start(Map<NodeOption, String> options) {
        Map<NodeOption, String> all = new EnumMap<>(NodeOption.class);
        all.putAll(options);
        all.put(NodeOption.DATA_DIR, directory.resolve("data").toString());
        all.put(NodeOption.NAME, "node-1");
        all.put(NodeOption.HTTP, "127.0.0.1:0");
        all.put(NodeOption.NATS, "127.0.0.1:0");
        all.put(NodeOption.OP_TIMEOUT, "5s");
        Node starting = new Node(NodeConfig.load(OptionValues.resolve(all, Map.of())));
        node = starting;
        String ready = starting.start();
        http = URI.create(ready.replaceFirst(".* http=(\\S+) .*", "$1"));
        bus = ready.replaceFirst(".* nats=(\\S+) .*", "$1");
    }

    private Path ca() throws IOException {
        ClusterKey key = ClusterKey.loadExisting(directory.resolve("data/cluster.key"));
        return Files.writeString(
                directory.resolve("ca.pem"), ClusterAuthority.of(key).certificatePem());
    }

    private HttpResponse<String> get(SSLContext trust, String path) throws IOException, InterruptedException {
        return HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .sslContext(trust)
                .build()
                .send(HttpRequest.newBuilder(URI.create(http + path)).build(), BodyHandlers.ofString());
    }

    private void echoOverTheBus(SSLContext trust) throws Exception {
        Connection connection = Nats.connect(options(trust));
        try {
            connection
                    .createDispatcher(request -> connection.publish(request.getReplyTo(), request.getData()))
                    .subscribe("team.echo");
            assertThat(connection.request("team.echo", new byte[] {7}).get().getData())
                    .containsExactly(7);
        } finally {
            connection.close();
        }
    }

    private Options options(SSLContext trust) {
        return Options.builder()
                .server(bus)
                .sslContext(trust)
                .errorListener(new ErrorListener() {})
                .noReconnect()
                .build();
    }

    private static SSLSocket handshake(SSLContext trust, int port) throws IOException {
        SSLSocket socket = (SSLSocket) trust.getSocketFactory().createSocket("127.0.0.1", port);
        socket.startHandshake();
        return socket;
    }
}
