package io.unibus.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.client.ControlPlaneClient;
import io.unibus.client.Identity;
import io.unibus.protocol.AddUserRequest;
import io.unibus.protocol.Handle;
import io.unibus.protocol.User;
import io.unibus.protocol.UserRole;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The buckets of the control plane, as clients of the bus try to reach them: in each mode, with each kind of login. */
final class BucketAccessIT {
    /** Stands in records of the control plane, and nowhere else. */
    private static final String NEEDLE = "needle";

    private static final String INBOX = "_INBOX.";
    /** Answers of JetStream that tell something; errors do not. */
    private static final List<String> REVELATIONS =
            List.of(NEEDLE, "\"message\":{", "\"created\":", "\"state\":", "\"streams\":[\"", "\"streams\":[{");

    @RegisterExtension
    final Scenario scenario = new Scenario();

    private final Random random = Settings.random();
    private final Identity admin = newIdentity();
    private int users;

    private Identity newIdentity() {
        return Identity.generate(Randoms.secure(random));
    }

    @ParameterizedTest
    @ValueSource(strings = {"off", "soft", "enforce"})
    void noClientOfTheBusReadsOrWritesTheBuckets(String mode) throws IOException {
        NodeProcess node =
                scenario.aNode().with("--store", "kv").with("--bus-auth", mode).start();
        NodeProcess.Ready ready = node.awaitReady();
        scenario.addAdmin(admin.endpoint());
        ControlPlaneClient api = ControlPlaneClient.of(ready.http(), admin);
        addUser(api);
        List<String> letIn = new ArrayList<>();
        for (Map.Entry<String, String> login : logins().entrySet()) {
            try (Socket socket = NatsSocket.connect(ready.nats())) {
                NatsSocket.logIn(
                        socket,
                        nonce -> login.getValue().equals("nkey") ? NatsSocket.proof(admin, nonce) : login.getValue());
                if (tryEverything(api, socket, login.getKey())) {
                    letIn.add(login.getKey());
                }
            }
        }
        System.out.println("BucketAccessIT: with bus-auth " + mode + " let in: " + letIn);
        assertThat(letIn).contains("an admin by NKey");
        assertThat(api.users()).as("users afterwards").hasSize(users + 1).allMatch(User::isActive);
        assertThat(Http.isReady(ready.http())).isTrue();
    }

    private static Map<String, String> logins() {
        Map<String, String> logins = new LinkedHashMap<>();
        logins.put("an admin by NKey", "nkey");
        logins.put("nobody", "");
        logins.put("a password", "\"user\":\"somebody\",\"pass\":\"secret\"");
        logins.put("the user of peers", "\"user\":\"peer\",\"pass\":\"\"");
        logins.put("a token", "\"auth_token\":\"secret\"");
        logins.put("a JWT", "\"jwt\":\"eyJ0eXAiOiJKV1QiLCJhbGciOiJlZDI1NTE5LW5rZXkifQ.e30.AA\"");
        logins.put("a login of the nodes", "\"user\":\"control\",\"pass\":\"control\"");
        return logins;
    }

    /** Does with one connection what could read or write a bucket. Returns whether it was let in. */
    private boolean tryEverything(ControlPlaneClient api, Socket socket, String login) throws IOException {
        String inbox = INBOX + admin.endpoint().nkey();
        StringBuilder lines = new StringBuilder();
        List<String> heard = List.of(">", "$KV.>", "$JS.>", "$SYS.>", "UNIBUS.>", inbox + ".>");
        for (int i = 0; i < heard.size(); i++) {
            lines.append("SUB ").append(heard.get(i)).append(' ').append(i + 1).append("\r\n");
        }
        for (String bucket : List.of("rooms", "members", "rooms_by_member", "room_keys", "users")) {
            String stream = "KV_UNIBUS_" + bucket;
            String all = "$KV.UNIBUS_" + bucket + ".>";
            publish(lines, "$KV.UNIBUS_" + bucket + ".x", inbox + ".put", "{}");
            publish(lines, "$JS.API.STREAM.INFO." + stream, inbox + ".info", "");
            publish(lines, "$JS.API.STREAM.MSG.GET." + stream, inbox + ".get", "{\"last_by_subj\":\"" + all + "\"}");
            publish(lines, "$JS.API.DIRECT.GET." + stream, inbox + ".direct", "{\"last_by_subj\":\"" + all + "\"}");
            publish(
                    lines,
                    "$JS.API.CONSUMER.CREATE." + stream,
                    inbox + ".consumer",
                    "{\"stream_name\":\"" + stream + "\",\"config\":{\"deliver_subject\":\"" + inbox + ".deliver\"}}");
            publish(lines, "$JS.API.STREAM.PURGE." + stream, inbox + ".purge", "");
            publish(lines, "$JS.API.STREAM.DELETE." + stream, inbox + ".delete", "");
        }
        publish(lines, "$JS.API.STREAM.NAMES", inbox + ".names", "");
        publish(lines, "$JS.API.STREAM.LIST", inbox + ".list", "");
        if (NatsSocket.untilPong(socket).contains("-ERR")) {
            return false;
        }
        send(socket, lines.toString());
        addUser(api); // which is written to a bucket, and told to the nodes
        send(socket, "PING\r\n");
        String said = NatsSocket.untilPong(socket);
        assertThat(REVELATIONS.stream().filter(said::contains))
                .as("what a client of the bus learnt with %s", login)
                .isEmpty();
        return true;
    }

    private static void publish(StringBuilder lines, String subject, String reply, String payload) {
        lines.append("PUB ").append(subject).append(' ').append(reply).append(' ');
        lines.append(payload.length()).append("\r\n").append(payload).append("\r\n");
    }

    private static void send(Socket socket, String lines) throws IOException {
        socket.getOutputStream().write(lines.getBytes(StandardCharsets.US_ASCII));
    }

    private void addUser(ControlPlaneClient api) {
        users++;
        api.addUser(new AddUserRequest(newIdentity().endpoint(), new Handle(NEEDLE + users), UserRole.MEMBER));
    }
}
