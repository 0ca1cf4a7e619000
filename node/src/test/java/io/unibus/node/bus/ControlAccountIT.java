package io.unibus.node.bus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nats.client.Connection;
import io.unibus.embeddednats.NatsBinary;
import io.unibus.node.host.ExitCode;
import io.unibus.node.host.FatalException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Logins of commands to a nats-server with and without TLS. */
@Timeout(60)
class ControlAccountIT {
    private static final String PASSWORD = "of no worth";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path directory;

    @SuppressWarnings("NullAway.Init")
    private Path clusterKey;

    private String login = "";
    private int port;
    private @Nullable Process server;

    @BeforeEach
    void makeTheKey() throws IOException {
        clusterKey = directory.resolve("cluster.key");
        login = BusKeys.user(ClusterKey.loadOrCreate(clusterKey, new SecureRandom()), Bus.CONTROL)
                .publicKey();
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
    }

    @AfterEach
    void stopTheServer() throws InterruptedException {
        Process running = server;
        if (running != null) {
            running.destroy();
            assertThat(running.waitFor(10, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void trustsWhatTheCertificateHasSigned() throws Exception {
        serve(certificate("server", "ip:127.0.0.1"));
        try (ControlAccount account = logIn(Optional.of(directory.resolve("server.pem")))) {
            assertThat(account.connection().getStatus()).isEqualTo(Connection.Status.CONNECTED);
        }
    }

    @Test
    void refusesAServerThatAnotherHasSigned() throws Exception {
        serve(certificate("server", "ip:127.0.0.1"));
        certificate("other", "ip:127.0.0.1");
        assertRefused("is not trusted", Optional.of(directory.resolve("other.pem")));
    }

    @Test
    void refusesAServerThatIsAnotherHost() throws Exception {
        serve(certificate("server", "dns:bus.example"));
        assertRefused("is not trusted", Optional.of(directory.resolve("server.pem")));
    }

    @Test
    void saysWhichSideHasNoTls() throws Exception {
        certificate("server", "ip:127.0.0.1");
        serve("");
        assertRefused("offers no TLS", Optional.of(directory.resolve("server.pem")));
        stopTheServer();
        serve(certificate("second", "ip:127.0.0.1"));
        assertRefused("wants TLS", Optional.empty());
    }

    @Test
    void saysWhatIsWrongWithTheCertificate() throws IOException {
        assertRefused("there is no such file", Optional.of(directory.resolve("none.pem")));
        Path text = Files.writeString(directory.resolve("text"), "-----BEGIN CERTIFICATE-----\nhello\n");
        assertRefused("it does not hold certificates", Optional.of(text));
        Path empty = Files.createFile(directory.resolve("empty"));
        assertRefused("there is no certificate in it", Optional.of(empty));
    }

    private ControlAccount logIn(Optional<Path> ca) {
        return ControlAccount.logIn("nats://127.0.0.1:" + port, clusterKey, ca);
    }

    private void assertRefused(String reason, Optional<Path> ca) {
        assertThatThrownBy(() -> logIn(ca).close())
                .isInstanceOfSatisfying(
                        FatalException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.CONFIGURATION))
                .hasMessageContaining(reason)
                .hasMessageNotContaining("Exception");
    }

    /** Waits until it listens. */
    private void serve(String tls) throws IOException, InterruptedException {
        Path configuration = Files.writeString(
                directory.resolve("server.conf"),
                "listen: 127.0.0.1:" + port + "\n" + tls + "authorization { users [ { nkey: " + login + " } ] }\n");
        Process started = new ProcessBuilder(
                        NatsBinary.bundled()
                                .installInto(directory.resolve("bin"))
                                .executable()
                                .toString(),
                        "-c",
                        configuration.toString())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("server.log").toFile())
                .start();
        server = started;
        while (!listens()) {
            assertThat(started.isAlive())
                    .as(directory.resolve("server.log").toString())
                    .isTrue();
            Thread.sleep(5);
        }
    }

    private boolean listens() {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException notYet) {
            return false;
        }
    }

    /** Makes NAME.pem, signed by itself, and says how a server uses it. */
    private String certificate(String name, String host) throws Exception {
        Path store = directory.resolve(name + ".p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-keystore",
                        store.toString(),
                        "-storetype",
                        "PKCS12",
                        "-storepass",
                        PASSWORD,
                        "-alias",
                        name,
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=" + name,
                        "-ext",
                        "san=" + host,
                        "-ext",
                        "bc=ca:true")
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("keytool.log").toFile())
                .start();
        assertThat(keytool.waitFor()).isZero();
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, PASSWORD.toCharArray());
        }
        Path certificate =
                pem(name + ".pem", "CERTIFICATE", keys.getCertificate(name).getEncoded());
        Path key = pem(
                name + ".key",
                "PRIVATE KEY",
                keys.getKey(name, PASSWORD.toCharArray()).getEncoded());
        return "tls { cert_file: \"" + certificate + "\", key_file: \"" + key + "\" }\n";
    }

    private Path pem(String name, String what, byte[] der) throws IOException {
        return Files.writeString(
                directory.resolve(name),
                "-----BEGIN " + what + "-----\n" + Base64.getMimeEncoder().encodeToString(der) + "\n-----END " + what
                        + "-----\n");
    }
}
