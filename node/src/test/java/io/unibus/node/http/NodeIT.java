package io.unibus.node.http;

import static io.unibus.node.http.Peers.ADMIN;
import static io.unibus.node.http.Peers.ALICE;
import static io.unibus.node.http.Peers.BOB;
import static io.unibus.node.http.Peers.CAROL;
import static io.unibus.node.http.Peers.REVOKED;
import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.node.Node;
import io.unibus.node.NodeStore;
import io.unibus.node.config.NodeConfig;
import io.unibus.node.config.NodeOption;
import io.unibus.node.config.OptionValues;
import io.unibus.protocol.Endpoint;
import io.unibus.protocol.JsonObject;
import io.unibus.store.Store;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A whole node, with its store on disk and its nats-server, asked over HTTP. Every answer is held against the description
 * of the API. Each test has rooms of its own.
 */
@Timeout(60)
class NodeIT {
    private static final OpenApi DESCRIPTION = OpenApi.load();
    private static final RouteTable TEMPLATES = new RouteTable(DESCRIPTION.operations().stream()
            .map(operation -> operation.split(" ", 2))
            .map(parts -> new Route(parts[0], parts[1], Route.Access.ANYONE, request -> Answer.noContent()))
            .toList());
    private static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static final String KEY = "c2VhbGVk";
    private static final String OTHER_KEY = "b3RoZXI";

    private static @Nullable Node node;
    private static String url = "";

    @BeforeAll
    static void start(@TempDir Path dataDir) {
        Node starting = new Node(NodeConfig.load(OptionValues.resolve(
                Map.of(
                        NodeOption.DATA_DIR, dataDir.toString(),
                        NodeOption.NAME, "node-1",
                        NodeOption.HTTP, "127.0.0.1:0",
                        NodeOption.NATS, "127.0.0.1:0",
                        NodeOption.OP_TIMEOUT, "5s"),
                Map.of())));
        node = starting;
        url = starting.start().replaceFirst(".* http=(\\S+) .*", "$1");
        try (Store store = NodeStore.open(dataDir, Duration.ofSeconds(5))) {
            Peers.addTo(store);
        }
    }

    @AfterAll
    static void stop() {
        if (node != null) {
            node.stop();
        }
    }

    @Test
    void roomIsEncryptedUnlessToldOtherwise() {
        Reply room = as(ALICE).post("/rooms", "{\"room_id\":\"default\",\"keys\":" + keys(ALICE) + "}");
        room.expect(201);
        assertThat(room.json().object("policy").orElseThrow().requiredBoolean("encrypted"))
                .isTrue();
        assertThat(room.json().requiredString("subject")).isEqualTo("room.default");
        assertThat(room.json().requiredString("owner")).isEqualTo(ALICE.nkey());
        assertThat(room.json().requiredLong("epoch")).isEqualTo(1);
        as(ALICE).post("/rooms", "{\"policy\":{\"encrypted\":false}}").expect(201);
        as(ALICE).get("/rooms/default").expect(200);
    }

    @Test
    void keysOfANewRoomAreForItsCreatorAlone() {
        Reply none = as(ALICE).post("/rooms", "{\"room_id\":\"cover\"}").expect(422, "keys-do-not-cover-members");
        assertThat(none.json().strings("missing")).containsExactly(ALICE.nkey());
        assertThat(none.json().strings("extra")).isEmpty();
        Reply other = as(ALICE)
                .post("/rooms", "{\"room_id\":\"cover\",\"keys\":" + keys(ALICE, BOB) + "}")
                .expect(422, "keys-do-not-cover-members");
        assertThat(other.json().strings("extra")).containsExactly(BOB.nkey());
        as(ALICE)
                .post("/rooms", "{\"policy\":{\"encrypted\":false},\"keys\":" + keys(ALICE) + "}")
                .expect(422, "keys-do-not-cover-members");
        as(ALICE).get("/rooms/cover").expect(404, "room-not-found");
    }

    @Test
    void roomIdsAndSubjectsAreTakenOnce() {
        create("taken", ALICE);
        as(BOB).post("/rooms", "{\"room_id\":\"taken\",\"subject\":\"other\",\"policy\":{\"encrypted\":false}}")
                .expect(409, "room-exists");
        as(BOB).post("/rooms", "{\"subject\":\"room.taken\",\"policy\":{\"encrypted\":false}}")
                .expect(409, "subject-taken");
    }

    @Test
    void lifeOfARoom() {
        create("life", ALICE);
        invite(ALICE, "life", BOB, 1).expect(201);
        invite(ALICE, "life", BOB, 1).expect(409, "member-exists");
        invite(BOB, "life", CAROL, 1).expect(403, "owner-only");
        invite(ALICE, "life", CAROL, 1).expect(201);
        invite(ALICE, "life", REVOKED, 1).expect(409, "user-revoked");

        assertThat(as(BOB).get("/members/" + BOB + "/rooms").expect(200).array())
                .anySatisfy(room -> {
                    assertThat(room.requiredString("room_id")).isEqualTo("life");
                    assertThat(room.requiredString("role")).isEqualTo("member");
                });
        assertThat(as(BOB).get("/rooms/life/members").expect(200).array()).hasSize(3);

        as(ALICE)
                .post("/rooms/life/rekey", "{\"epoch\":2,\"keys\":" + keys(ALICE, BOB) + "}")
                .expect(422, "keys-do-not-cover-members");
        Reply rekeyed = as(ALICE)
                .post(
                        "/rooms/life/rekey",
                        "{\"epoch\":2,\"keys\":" + keys(OTHER_KEY, ALICE, BOB) + ",\"remove\":[\"" + CAROL + "\"]}")
                .expect(200);
        assertThat(rekeyed.json().requiredLong("epoch")).isEqualTo(2);
        assertThat(rekeyed.json().requiredBoolean("rekey_required")).isFalse();
        as(CAROL).get("/rooms/life").expect(404, "room-not-found");

        assertThat(sealedKey("/rooms/life/keys/" + BOB + "?epoch=1", BOB)).isEqualTo(KEY);
        assertThat(sealedKey("/rooms/life/keys/" + BOB + "?epoch=2", BOB)).isEqualTo(OTHER_KEY);
        assertThat(sealedKey("/rooms/life/keys/" + BOB, BOB)).isEqualTo(OTHER_KEY);
        as(BOB).get("/rooms/life/keys/" + BOB + "?epoch=3").expect(404, "key-not-found");
        as(ALICE).get("/rooms/life/keys/" + BOB).expect(404, "key-not-found");

        as(ALICE).delete("/rooms/life/members/" + CAROL).expect(404, "member-not-found");
        as(ALICE).delete("/rooms/life/members/" + ALICE).expect(409, "last-owner");
        as(BOB).delete("/rooms/life/members/" + BOB).expect(204);
        assertThat(as(ALICE).get("/rooms/life").expect(200).json().requiredBoolean("rekey_required"))
                .isTrue();
        invite(ALICE, "life", CAROL, 2).expect(409, "rekey-required");
        as(ALICE)
                .post("/rooms/life/rekey", "{\"epoch\":4,\"keys\":" + keys(ALICE) + "}")
                .expect(409, "epoch-conflict");
        Reply cleared = as(ALICE)
                .post("/rooms/life/rekey", "{\"epoch\":3,\"keys\":" + keys(ALICE) + "}")
                .expect(200);
        assertThat(cleared.json().requiredBoolean("rekey_required")).isFalse();
        Reply conflict = invite(ALICE, "life", CAROL, 1).expect(409, "epoch-conflict");
        assertThat(conflict.json().requiredLong("current_epoch")).isEqualTo(3);
        as(ALICE)
                .post("/rooms/life/rekey", "{\"epoch\":4,\"remove\":[\"" + ALICE + "\"]}")
                .expect(409, "last-owner");
        as(ALICE)
                .post("/rooms/life/rekey", "{\"epoch\":4,\"remove\":[\"" + CAROL + "\"]}")
                .expect(404, "member-not-found");
    }

    @Test
    void unencryptedRoomHasNoKeys() {
        as(ALICE)
                .post("/rooms", "{\"room_id\":\"plain\",\"policy\":{\"encrypted\":false}}")
                .expect(201);
        as(ALICE)
                .post("/rooms/plain/rekey", "{\"epoch\":2,\"keys\":" + keys(ALICE) + "}")
                .expect(409, "room-not-encrypted");
        as(ALICE).get("/rooms/plain/keys/" + ALICE).expect(404, "key-not-found");
        as(ALICE)
                .post("/rooms/plain/members", "{\"endpoint\":\"" + BOB + "\",\"epoch\":1}")
                .expect(201);
        as(ALICE).delete("/rooms/plain/members/" + BOB).expect(204);
        assertThat(as(ALICE).get("/rooms/plain").json().requiredBoolean("rekey_required"))
                .isFalse();
    }

    @Test
    void endpointInLowerCaseIsTheSameEndpoint() {
        create("case", ALICE);
        Reply invited = as(ALICE)
                .post(
                        "/rooms/case/members",
                        "{\"endpoint\":\"" + lower(BOB) + "\",\"epoch\":1,\"sealed_key\":\"" + KEY + "\"}")
                .expect(201);
        assertThat(invited.json().requiredString("endpoint")).isEqualTo(BOB.nkey());
        send(lower(BOB), "GET", "/rooms/case/keys/" + lower(BOB), "").expect(200);
        send(lower(BOB), "GET", "/members/" + BOB + "/rooms", "").expect(200);
        send(lower(REVOKED), "GET", "/rooms/case", "").expect(403, "user-revoked");
        as(ALICE)
                .post(
                        "/rooms/case/rekey",
                        "{\"epoch\":2,\"keys\":{\"" + ALICE + "\":\"AA\",\"" + lower(ALICE) + "\":\"AA\"}}")
                .expect(400, "malformed-json");
    }

    @Test
    void hiddenThingsAnswerLikeMissingOnes() {
        create("hidden", ALICE);
        for (String path : List.of("/rooms/hidden", "/rooms/missing")) {
            as(BOB).get(path).expect(404, "room-not-found");
            as(BOB).get(path + "/members").expect(404, "room-not-found");
            as(BOB).get(path + "/keys/" + BOB).expect(404, "room-not-found");
            as(BOB).delete(path + "/members/" + ALICE).expect(404, "room-not-found");
            as(BOB).post(path + "/rekey", "{\"epoch\":2}").expect(404, "room-not-found");
            as(BOB).post(path + "/members", "{\"endpoint\":\"" + BOB + "\",\"epoch\":1}")
                    .expect(404, "room-not-found");
        }
        as(BOB).get("/members/" + ALICE + "/rooms").expect(404, "member-not-found");
        as(BOB).get("/users/" + ADMIN).expect(404, "user-not-found");
    }

    @Test
    void allowlistIsForAdmins() {
        Endpoint dave = Peers.endpoint(20);
        as(ALICE).get("/users").expect(403, "admin-only");
        as(ALICE)
                .post("/users", "{\"endpoint\":\"" + dave + "\",\"handle\":\"dave\"}")
                .expect(403, "admin-only");
        as(ALICE).post("/users/" + ADMIN + "/revoke", "").expect(403, "admin-only");
        as(ADMIN)
                .post("/users", "{\"endpoint\":\"" + dave + "\",\"handle\":\"d d\"}")
                .expect(400, "malformed-handle");
        as(ADMIN)
                .post("/users", "{\"endpoint\":\"" + dave + "\",\"handle\":\"dave\",\"role\":\"king\"}")
                .expect(400, "malformed-role");
        as(ADMIN)
                .post("/users", "{\"endpoint\":\"" + dave + "\",\"handle\":\"dave\"}")
                .expect(201);
        as(ADMIN)
                .post("/users", "{\"endpoint\":\"" + dave + "\",\"handle\":\"dave\"}")
                .expect(409, "user-exists");
        as(dave).get("/users/" + dave).expect(200);
        as(ADMIN).get("/users").expect(200);
        as(ADMIN).get("/members/" + dave + "/rooms").expect(200);
        as(ADMIN).post("/users/" + dave + "/revoke", "").expect(200);
        as(ADMIN).post("/users/" + dave + "/revoke", "").expect(200);
        as(dave).get("/users/" + dave).expect(403, "user-revoked");
        as(ADMIN).post("/users/" + Peers.endpoint(21) + "/revoke", "").expect(404, "user-not-found");
        as(ADMIN).post("/users/" + ADMIN + "/revoke", "").expect(409, "last-admin");
    }

    @Test
    void ofManyRekeysAtOnceOneWins() {
        create("race", ALICE);
        List<CompletableFuture<Reply>> rekeys = IntStream.range(0, 8)
                .mapToObj(i -> CompletableFuture.supplyAsync(
                        () -> as(ALICE).post("/rooms/race/rekey", "{\"epoch\":2,\"keys\":" + keys(ALICE) + "}")))
                .toList();
        assertThat(rekeys.stream().map(CompletableFuture::join).filter(reply -> reply.status() == 200))
                .hasSize(1);
        assertThat(rekeys.stream().map(CompletableFuture::join).filter(reply -> reply.status() == 409))
                .hasSize(7)
                .allSatisfy(reply -> reply.expect(409, "epoch-conflict"));
    }

    @Test
    void operationsAreForTheHost() {
        for (String path : List.of("/", "/status", "/metrics", "/livez", "/readyz", "/openapi.yaml")) {
            send("", "GET", path, "").expect(200);
        }
        assertThat(send("", "GET", "/readyz?verbose", "").expect(200).json().object("checks"))
                .isPresent();
        assertThat(send("", "GET", "/status", "").json().requiredBoolean("ready"))
                .isTrue();
        assertThat(send("", "GET", "/", "").answer().body()).doesNotContain("<script");
    }

    @Test
    void methodsThatClientsMakeUpDoNotGrowTheMetrics() throws Exception {
        for (int i = 0; i < 20; i++) {
            CLIENT.send(
                    HttpRequest.newBuilder(URI.create(url + "/livez"))
                            .method("MADEUP" + i, BodyPublishers.noBody())
                            .build(),
                    BodyHandlers.discarding());
        }
        assertThat(send("", "GET", "/metrics", "").expect(200).answer().body())
                .doesNotContain("MADEUP")
                .contains("method=\"other\",route=\"/livez\"");
    }

    @Test
    void requestsThatTheDescriptionAllowsAreUnderstood() {
        String body = "{\"room_id\":\"described\",\"subject\":\"described.subject\",\"policy\":{\"encrypted\":true},"
                + "\"keys\":" + keys(ALICE) + "}";
        assertThat(DESCRIPTION.requestErrors("POST /rooms", body)).isEmpty();
        as(ALICE).post("/rooms", body).expect(201);
    }

    private record Reply(HttpResponse<String> answer) {
        int status() {
            return answer.statusCode();
        }

        Reply expect(int status) {
            assertThat(status()).as(answer.body()).isEqualTo(status);
            return this;
        }

        Reply expect(int status, String code) {
            expect(status);
            assertThat(json().requiredString("code")).isEqualTo(code);
            return this;
        }

        JsonObject json() {
            return JsonObject.parse(answer.body().getBytes(StandardCharsets.UTF_8));
        }

        List<JsonObject> array() {
            return JsonObject.parseArray(answer.body().getBytes(StandardCharsets.UTF_8));
        }
    }

    private record Caller(Endpoint endpoint) {
        Reply get(String path) {
            return send(endpoint.nkey(), "GET", path, "");
        }

        Reply post(String path, String body) {
            return send(endpoint.nkey(), "POST", path, body);
        }

        Reply delete(String path) {
            return send(endpoint.nkey(), "DELETE", path, "");
        }
    }

    private static Caller as(Endpoint endpoint) {
        return new Caller(endpoint);
    }

    private static void create(String room, Endpoint owner) {
        as(owner)
                .post("/rooms", "{\"room_id\":\"" + room + "\",\"keys\":" + keys(owner) + "}")
                .expect(201);
    }

    private static Reply invite(Endpoint owner, String room, Endpoint invited, long epoch) {
        return as(owner)
                .post(
                        "/rooms/" + room + "/members",
                        "{\"endpoint\":\"" + invited + "\",\"epoch\":" + epoch + ",\"sealed_key\":\"" + KEY + "\"}");
    }

    private static String sealedKey(String path, Endpoint caller) {
        return as(caller).get(path).expect(200).json().requiredString("sealed_key");
    }

    private static String keys(Endpoint... endpoints) {
        return keys(KEY, endpoints);
    }

    private static String keys(String key, Endpoint... endpoints) {
        Set<String> fields = new TreeSet<>();
        for (Endpoint endpoint : endpoints) {
            fields.add("\"" + endpoint + "\":\"" + key + "\"");
        }
        return "{" + String.join(",", fields) + "}";
    }

    private static String lower(Endpoint endpoint) {
        return endpoint.nkey().toLowerCase(Locale.ROOT);
    }

    private static Reply send(String caller, String method, String path, String body) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url + path))
                .timeout(Duration.ofSeconds(20))
                .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
        Optional.of(caller).filter(name -> !name.isEmpty()).ifPresent(name -> request.header("Unibus-Endpoint", name));
        HttpResponse<String> answer =
                CLIENT.sendAsync(request.build(), BodyHandlers.ofString()).join();
        DESCRIPTION.requireDescribed(
                method + " "
                        + TEMPLATES
                                .find(path.replaceFirst("\\?.*", ""))
                                .orElseThrow()
                                .template(),
                answer);
        return new Reply(answer);
    }
}
