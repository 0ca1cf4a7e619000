package io.unibus.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.client.ControlPlaneClient;
import io.unibus.client.Identity;
import io.unibus.client.Rooms;
import io.unibus.protocol.AddUserRequest;
import io.unibus.protocol.Handle;
import io.unibus.protocol.RoomPolicy;
import io.unibus.protocol.UserRole;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Three nodes with bus-auth enforce at the most verbose level, and where their secrets are to be found afterwards. */
final class SecretsIT {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final String PASSWORD = "a-password-of-a-client";
    private static final String TOKEN = "a-token-of-a-client";
    private static final Pattern ROUTE_PASSWORD = Pattern.compile("password: \"([A-Za-z0-9_-]{43})\"");
    /** More than the header, which says only that it is one. */
    private static final Pattern JWT = Pattern.compile("eyJ[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]{4,}");

    @RegisterExtension
    final Scenario scenario = new Scenario();

    @Test
    void noSecretIsInALogAnArgumentAnAnswerOrAFileThatOthersCanRead() throws IOException {
        Path adminFile = scenario.directory("admin.seed");
        Path aliceFile = scenario.directory("alice.seed");
        Identity admin = Identity.create(adminFile);
        Identity alice = Identity.create(aliceFile);
        Cluster cluster = scenario.aCluster()
                .withNodes(3)
                .with("--bus-auth", "enforce")
                .environment("UNIBUS_NATS_DEBUG", "trace")
                .start()
                .awaitReady();
        useAll(cluster, admin, alice);
        Map<String, String> secrets = new LinkedHashMap<>();
        secrets.put("seed of the admin", Files.readString(adminFile).strip());
        secrets.put("seed of a user", Files.readString(aliceFile).strip());
        secrets.put("cluster key", Files.readString(cluster.key()).strip().replaceFirst(".*:", ""));
        secrets.put("route password", routePassword(cluster.node(1)));
        secrets.put("password", PASSWORD);
        secrets.put("token", TOKEN);
        for (Map.Entry<String, String> place : places(cluster).entrySet()) {
            secrets.forEach((name, secret) -> forms(secret)
                    .forEach(form -> assertThat(place.getValue().contains(form))
                            .as("the %s in %s", name, place.getKey())
                            .isFalse()));
            assertThat(JWT.matcher(place.getValue()).find())
                    .as("a JWT in " + place.getKey())
                    .isFalse();
        }
    }

    private static void useAll(Cluster cluster, Identity admin, Identity alice) throws IOException {
        cluster.addAdmin(admin.endpoint());
        ControlPlaneClient.of(cluster.node(1).url(), admin)
                .addUser(new AddUserRequest(alice.endpoint(), new Handle("alice"), UserRole.MEMBER));
        new Rooms(ControlPlaneClient.of(cluster.node(2).url(), alice), alice)
                .create(Optional.empty(), RoomPolicy.DEFAULT);
        try (BusMember member = BusMember.of(cluster.node(3).nats(), alice)) {
            Await.until("a login", LIMIT, member::isConnected);
        }
        logIn(cluster.node(1), "\"user\":\"somebody\",\"pass\":\"" + PASSWORD + "\"");
        logIn(cluster.node(1), "\"auth_token\":\"" + TOKEN + "\"");
    }

    /** Returns when the server has refused it. */
    private static void logIn(ClusterNode node, String fields) throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(Peer.addressOf("nats://" + node.nats()));
            socket.setSoTimeout((int) LIMIT.toMillis());
            socket.getOutputStream()
                    .write(("CONNECT {\"verbose\":false," + fields + "}\r\nPING\r\n").getBytes(StandardCharsets.UTF_8));
            assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .contains("-ERR");
        }
    }

    private static String routePassword(ClusterNode node) throws IOException {
        Matcher matcher =
                ROUTE_PASSWORD.matcher(Files.readString(node.dataDirectory().resolve("nats-server.conf")));
        assertThat(matcher.find()).isTrue();
        return matcher.group(1);
    }

    private static Stream<String> forms(String secret) {
        byte[] bytes = secret.getBytes(StandardCharsets.UTF_8);
        return Stream.of(
                secret,
                Base64.getEncoder().withoutPadding().encodeToString(bytes),
                Base64.getUrlEncoder().withoutPadding().encodeToString(bytes));
    }

    /** Returns texts that others may see, by where they are. */
    private Map<String, String> places(Cluster cluster) throws IOException {
        Map<String, String> places = new LinkedHashMap<>();
        for (ClusterNode node : cluster.nodes()) {
            assertThat(node.log()).as("the log, which is to be verbose").contains("MSG_PAYLOAD");
            places.put("the log of " + node, node.log());
            for (String path : List.of("/status", "/metrics", "/")) {
                places.put(path + " of " + node, Http.get(node.url(), path).body());
            }
        }
        for (Proc process : Proc.touching(scenario.root())) {
            places.put("the arguments of " + process.pid(), process.commandLine());
        }
        for (Path file : readableByOthers(scenario.root())) {
            places.put(file.toString(), new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1));
        }
        return places;
    }

    private static List<Path> readableByOthers(Path root) throws IOException {
        List<Path> found = new ArrayList<>();
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
                if (permissions.contains(PosixFilePermission.OTHERS_READ)
                        || permissions.contains(PosixFilePermission.GROUP_READ)) {
                    found.add(file);
                }
            }
        }
        return found;
    }
}
