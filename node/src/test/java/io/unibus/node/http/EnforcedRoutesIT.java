package io.unibus.node.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.client.Identity;
import io.unibus.embeddednats.HostPort;
import io.unibus.node.audit.AuditLog;
import io.unibus.node.config.BusAuth;
import io.unibus.node.control.AdmittedCaller;
import io.unibus.node.control.ControlPlane;
import io.unibus.node.control.DenialCounter;
import io.unibus.node.control.MemoryStore;
import io.unibus.protocol.CreateRoomRequest;
import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Handle;
import io.unibus.protocol.InviteRequest;
import io.unibus.protocol.JsonObject;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.User;
import io.unibus.protocol.UserRole;
import io.unibus.store.Outcome;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every route with bus-auth enforce, asked by everybody in every way: what is answered stands in a file. Requests come from a proxy, by
 * its name, since what comes from the host itself may see more.
 */
@Timeout(120)
final class EnforcedRoutesIT {
    private static final String NAME = "bus.example";

    private final MemoryStore store = new MemoryStore();
    private final Identity admin = Identity.generate(new SecureRandom());
    private final Identity member = Identity.generate(new SecureRandom());
    private final Identity outsider = Identity.generate(new SecureRandom());
    private final Identity revoked = Identity.generate(new SecureRandom());
    private final Identity stranger = Identity.generate(new SecureRandom());

    @TempDir
    private Path dataDir;

    private ControlPlane setup;
    private ServerParts parts;
    private HttpServer server;
    private HttpServer other;
    private int number;
    /** Of the room of the present request. */
    private Identity owner = member;

    @BeforeEach
    void start() {
        Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
        Map.of("member", member, "outsider", outsider, "revoked", revoked)
                .forEach((name, identity) -> add(identity, name));
        store.addUser(User.active(admin.endpoint(), new Handle("admin"), UserRole.ADMIN, now));
        store.revokeUser(revoked.endpoint(), now);
        setup = new ControlPlane(
                store,
                Clock.systemUTC(),
                System::nanoTime,
                new SecureRandom(),
                Duration.ofSeconds(5),
                BusAuth.OFF,
                new DenialCounter(Clock.systemUTC()),
                AuditLog.ofNode(dataDir, "setup", Clock.systemUTC()));
        parts = partsIn("one", NAME);
        parts.bus.start();
        server = serve(parts);
        other = serve(partsIn("two", "two.example"));
    }

    private void add(Identity identity, String handle) {
        Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
        store.addUser(User.active(identity.endpoint(), new Handle(handle), UserRole.MEMBER, now));
    }

    private ServerParts partsIn(String directory, String name) {
        return new ServerParts(
                store, directory(directory), new HostPort("127.0.0.1", 0), List.of(name), BusAuth.ENFORCE);
    }

    private static HttpServer serve(ServerParts parts) {
        HttpServer made = parts.server(HttpLimits.DEFAULT);
        made.start();
        return made;
    }

    private Path directory(String name) {
        Path directory = dataDir.resolve(name);
        assertThat(directory.toFile().mkdirs()).isTrue();
        return directory;
    }

    @AfterEach
    void stop() {
        server.close();
        other.close();
        parts.bus.close();
    }

    @Test
    void answersAreThoseOfTheFile() throws IOException {
        List<String> table = new ArrayList<>();
        List<Route> guarded = parts.routes.table().stream()
                .filter(route -> route.access() != Route.Access.ANYONE)
                .toList();
        for (Route route : guarded) {
            for (Map.Entry<String, Way> way : ways().entrySet()) {
                SentRequest request = requestOf(route);
                table.add(String.format(
                        "%-40s %-27s %s",
                        route.method() + " " + route.template(),
                        way.getKey(),
                        way.getValue().answerTo(request)));
            }
        }
        assertThat(String.join("\n", table) + "\n").isEqualTo(golden());
    }

    private static String golden() throws IOException {
        try (InputStream file =
                Objects.requireNonNull(EnforcedRoutesIT.class.getResourceAsStream("enforced-routes.txt"))) {
            return new String(file.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private interface Way {
        String answerTo(SentRequest request) throws IOException;
    }

    private Map<String, Way> ways() {
        Map<String, Way> ways = new LinkedHashMap<>();
        ways.put("admin", request -> request.signedBy(admin).answer());
        ways.put("owner", request -> request.signedBy(owner).answer());
        ways.put("member", request -> request.signedBy(member).answer());
        ways.put("not a member", request -> request.signedBy(outsider).answer());
        ways.put("revoked", request -> request.signedBy(revoked).answer());
        ways.put("unknown", request -> request.signedBy(stranger).answer());
        ways.put("named, without a signature", request -> request.naming(owner).answer());
        ways.put(
                "signed with another key",
                request -> request.signedBy(stranger, owner.endpoint(), Instant.now(), nonce())
                        .answer());
        ways.put("body altered or added", request -> {
            request.signedBy(owner);
            request.body += " ";
            return request.answer();
        });
        ways.put("path altered", request -> {
            request.signedBy(owner);
            request.target = request.target.equals("/")
                    ? "//"
                    : String.format("/%%%x", (int) request.target.charAt(1)) + request.target.substring(2);
            return request.answer();
        });
        ways.put("query added", request -> {
            request.signedBy(owner);
            request.target += "?epoch=1";
            return request.answer();
        });
        ways.put("signed for another host", request -> {
            request.host = "other.example";
            request.signedBy(owner);
            request.host = NAME;
            return request.answer();
        });
        ways.put("sent again", request -> {
            request.signedBy(outsider).answer();
            return request.answer();
        });
        ways.put("sent again to another node", request -> {
            request.signedBy(outsider).answer();
            request.server = other.url();
            return request.answer();
        });
        ways.put(
                "created a minute ago",
                request -> request.signedBy(
                                owner, owner.endpoint(), Instant.now().minusSeconds(60), nonce())
                        .answer());
        ways.put(
                "created in a minute",
                request -> request.signedBy(
                                owner, owner.endpoint(), Instant.now().plusSeconds(60), nonce())
                        .answer());
        ways.put("two labels", request -> {
            request.signedBy(owner);
            String input = request.fields.stream()
                    .filter(field -> field.startsWith("Signature-Input"))
                    .findFirst()
                    .orElseThrow();
            request.altered(input, input + ", " + input.replace("Signature-Input: unibus", "more"));
            return request.answer();
        });
        ways.put(
                "a component less",
                request -> request.signedBy(owner).altered(" \"@query\"", "").answer());
        ways.put(
                "a component more",
                request -> request.signedBy(owner)
                        .altered("\"@query\"", "\"@query\" \"host\"")
                        .answer());
        return ways;
    }

    private static String nonce() {
        return UUID.randomUUID().toString();
    }

    /** A request that is granted to whoever may make it, about a room and users of its own. */
    private SentRequest requestOf(Route route) {
        number++;
        owner = Identity.generate(new SecureRandom());
        add(owner, "o" + number);
        String room = "r" + number;
        createRoom(room);
        Endpoint guest = Identity.generate(new SecureRandom()).endpoint();
        Identity user = Identity.generate(new SecureRandom());
        add(user, "u" + number);
        String endpoint = switch (route.template()) {
            case "/rooms/{room}/members/{endpoint}" -> member.endpoint().nkey();
            case "/users/{endpoint}", "/users/{endpoint}/revoke" ->
                user.endpoint().nkey();
            default -> owner.endpoint().nkey();
        };
        String body = switch (route.method() + " " + route.template()) {
            case "POST /rooms" -> "{\"policy\":{\"encrypted\":false}}";
            case "POST /rooms/{room}/members" -> "{\"endpoint\":\"" + guest + "\",\"epoch\":1}";
            case "POST /rooms/{room}/rekey" -> "{\"epoch\":2,\"keys\":{}}";
            case "POST /users" -> "{\"endpoint\":\"" + guest + "\",\"handle\":\"g" + number + "\"}";
            default -> "";
        };
        SentRequest request = SentRequest.to(
                server.url(),
                route.method(),
                route.template().replace("{room}", room).replace("{endpoint}", endpoint),
                body);
        request.host = NAME;
        return request;
    }

    private void createRoom(String room) {
        AdmittedCaller caller =
                ((Outcome.Done<AdmittedCaller>) setup.admit(owner.endpoint(), AdmittedCaller.Proof.NONE, "")).value();
        assertThat(setup.createRoom(
                        caller,
                        CreateRoomRequest.fromJson(
                                JsonObject.parse(("{\"room_id\":\"" + room + "\",\"policy\":{\"encrypted\":false}}")
                                        .getBytes(StandardCharsets.UTF_8)))))
                .isInstanceOf(Outcome.Done.class);
        assertThat(setup.invite(
                        caller,
                        new RoomId(room),
                        InviteRequest.fromJson(
                                JsonObject.parse(("{\"endpoint\":\"" + member.endpoint() + "\",\"epoch\":1}")
                                        .getBytes(StandardCharsets.UTF_8)))))
                .isInstanceOf(Outcome.Done.class);
    }
}
