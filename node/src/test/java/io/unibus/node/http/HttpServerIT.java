package io.unibus.node.http;

import static io.unibus.node.http.Peers.ALICE;
import static io.unibus.node.http.Peers.REVOKED;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.unibus.embeddednats.HostPort;
import io.unibus.node.control.MemoryStore;
import io.unibus.protocol.JsonObject;
import io.unibus.store.OutcomeUnknownException;
import io.unibus.store.StoreMigratedException;
import io.unibus.store.StoreUnavailableException;
import io.unibus.store.StoreUnusableException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** The HTTP edge over real sockets, with a store in memory and limits of a fraction of a second. */
@Timeout(60)
class HttpServerIT {
    private static final HttpLimits LIMITS = new HttpLimits(
            Duration.ofMillis(600),
            Duration.ofMillis(600),
            Duration.ofMillis(600),
            Duration.ofSeconds(5),
            Duration.ofSeconds(5));
    private static final String CALLER = "Unibus-Endpoint: " + ALICE;
    private static final String HOST = "Host: 127.0.0.1";
    private static final int TWO_MIB = 2 * 1024 * 1024;

    private final MemoryStore store = new MemoryStore();
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final ListAppender<ILoggingEvent> logged = new ListAppender<>();

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path dataDir;

    @SuppressWarnings("NullAway.Init")
    private HttpServer server;

    @BeforeEach
    void start() {
        logged.start();
        ((Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME)).addAppender(logged);
        Peers.addTo(store);
        start(LIMITS);
    }

    private void start(HttpLimits limits) {
        server = new ServerParts(store, dataDir).server(limits);
        server.start();
    }

    @AfterEach
    void stop() {
        server.close();
        ((Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME)).detachAppender(logged);
    }

    // What is refused, and how.

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            GET    | /rooms/a.b                    |                                            | malformed-room-id
            GET    | /rooms/a%20b                  |                                            | malformed-room-id
            GET    | /rooms/a%2Fb                  |                                            | malformed-room-id
            GET    | /rooms/team%3Fx               |                                            | malformed-room-id
            DELETE | /rooms/team/members/UNOTAKEY  |                                            | malformed-endpoint
            GET    | /rooms/team/keys/%E2%82%AC    |                                            | malformed-endpoint
            POST   | /rooms                        | ''                                         | malformed-json
            POST   | /rooms                        | {                                          | malformed-json
            POST   | /rooms                        | []                                         | malformed-json
            POST   | /rooms                        | {} {}                                      | malformed-json
            POST   | /rooms                        | {"subjekt":"a"}                            | malformed-json
            POST   | /rooms                        | {"subject":"a","subject":"a"}              | malformed-json
            POST   | /rooms                        | {"subject":1}                              | malformed-json
            POST   | /rooms                        | {"policy":{"encrypted":false,"x":1}}       | malformed-json
            POST   | /rooms                        | {"subject":"a.*"}                          | malformed-subject
            POST   | /rooms                        | {"room_id":"a b"}                          | malformed-room-id
            POST   | /rooms                        | {"keys":{"U":"AA"}}                        | malformed-endpoint
            POST   | /rooms/team/rekey             | {"epoch":0}                                | malformed-epoch
            POST   | /rooms/team/rekey             | {"epoch":1.5}                              | malformed-json
            POST   | /rooms/team/rekey             | {"epoch":99999999999999999999}             | malformed-json
            POST   | /users                        | {"endpoint":"U","handle":"bob"}            | malformed-endpoint
            """)
    void whatIsMalformedIsNamed(String method, String path, String body, String code) throws Exception {
        HttpResponse<String> response = send(request(path, method, body == null ? "" : body));
        assertProblem(response, 400, code);
    }

    @Test
    void epochInTheQueryMustBeANumber() throws Exception {
        HttpResponse<String> response = get("/rooms/team/keys/" + ALICE + "?epoch=one");
        assertProblem(response, 400, "malformed-epoch");
    }

    @Test
    void malformedSeedInTheHeaderIsNotRepeated() throws Exception {
        HttpResponse<String> response =
                send(HttpRequest.newBuilder(uri("/users")).header("Unibus-Endpoint", "SUASECRET"));
        assertProblem(response, 400, "malformed-endpoint");
        assertThat(response.body()).doesNotContain("SUASECRET");
    }

    @Test
    void requestWithoutCallerIsUnauthorized() throws Exception {
        HttpResponse<String> response = send(HttpRequest.newBuilder(uri("/rooms/team")));
        assertProblem(response, 401, "caller-unknown");
        assertThat(response.headers().firstValue("WWW-Authenticate")).contains("Unibus-Endpoint");
    }

    @Test
    void revokedCallerIsForbidden() throws Exception {
        HttpResponse<String> response =
                send(HttpRequest.newBuilder(uri("/rooms/team")).header("Unibus-Endpoint", REVOKED.nkey()));
        assertProblem(response, 403, "user-revoked");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/nowhere",
                "/rooms/",
                "/rooms/team/",
                "/rooms//members",
                "//rooms",
                "/livez/",
                "/rooms/team/nothing",
                "/rooms/team/members/U/more",
                "/LIVEZ"
            })
    void pathThatIsNotARouteIsNotFound(String path) throws Exception {
        try (RawConnection connection = RawConnection.to(server.url())) {
            RawConnection.Response response = connection
                    .sendLines("GET " + path + " HTTP/1.1", HOST, CALLER, "")
                    .read();
            assertThat(response.status()).isEqualTo(404);
            assertThat(code(response.body())).isEqualTo("no-such-route");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "PUT, /rooms, 'POST'",
        "DELETE, /rooms/team, 'GET, HEAD'",
        "PATCH, /rooms/team/members, 'GET, HEAD, POST'",
        "POST, /livez, 'GET, HEAD'",
        "FOO, /, 'GET, HEAD'"
    })
    void methodThatAPathDoesNotHaveIsNotAllowed(String method, String path, String allowed) throws Exception {
        HttpResponse<String> response = send(request(path, method, ""));
        assertProblem(response, 405, "method-not-allowed");
        assertThat(response.headers().firstValue("Allow")).contains(allowed);
    }

    @ParameterizedTest
    @ValueSource(strings = {"evil.example", "cafe.de", "dead.beef", "localhost.evil.example", "127.0.0.1.evil.example"})
    void foreignHostOnLoopbackIsMisdirected(String host) throws Exception {
        try (RawConnection connection = RawConnection.to(server.url())) {
            RawConnection.Response response = connection
                    .sendLines("GET /livez HTTP/1.1", "Host: " + host + ":8420", "")
                    .read();
            assertThat(response.status()).isEqualTo(421);
            assertThat(code(response.body())).isEqualTo("host-not-allowed");
            assertThat(response.body()).contains("\"title\":\"Misdirected Request\"");
            assertThat(response.head()).startsWith("HTTP/1.1 421 Misdirected Request");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost", "LOCALHOST:8420", "127.0.0.1", "127.0.0.1:1", "[::1]:8420", "10.1.2.3"})
    void addressOrLocalhostIsServed(String host) throws Exception {
        try (RawConnection connection = RawConnection.to(server.url())) {
            RawConnection.Response response = connection
                    .sendLines("GET /livez HTTP/1.1", "Host: " + host, "")
                    .read();
            assertThat(response.status()).isEqualTo(200);
        }
    }

    // Limits.

    @Test
    void bodyOfTwoMebibytesIsTooLarge() throws Exception {
        HttpResponse<String> response = send(request("/rooms", "POST", BodyPublishers.ofByteArray(new byte[TWO_MIB])));
        assertProblem(response, 413, "body-too-large");
    }

    @Test
    void chunkedBodyOfTwoMebibytesIsTooLarge() throws Exception {
        HttpResponse<String> response = send(request(
                "/rooms", "POST", BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(new byte[TWO_MIB]))));
        assertProblem(response, 413, "body-too-large");
    }

    @Test
    void clientThatReadsOnlyAfterWritingAllSeesThatTheBodyIsTooLarge() throws Exception {
        try (RawConnection connection = RawConnection.to(server.url())) {
            connection.sendLines("POST /rooms HTTP/1.1", HOST, CALLER, "Content-Length: " + 4 * TWO_MIB, "");
            for (int i = 0; i < 4; i++) {
                connection.send(new byte[TWO_MIB]);
            }
            assertThat(connection.read().status()).isEqualTo(413);
            assertThat(connection.isClosedByServer()).isTrue();
        }
    }

    @Test
    void bodyOfOneMebibyteIsRead() throws Exception {
        String padding = " ".repeat(Dispatcher.MAX_BODY_BYTES - 2);
        assertProblem(send(request("/users", "POST", "{" + padding + "}")), 400, "malformed-json");
        assertProblem(send(request("/users", "POST", "{" + padding + " }")), 413, "body-too-large");
    }

    @Test
    void burstOfBodiesThatGrowWhenReadIsRefused() throws Exception {
        server.close();
        start(HttpLimits.DEFAULT); // so much takes more than a fraction of a second to arrive
        String objects = "{\"\":0},".repeat((Dispatcher.MAX_BODY_BYTES - 16) / 7);
        String body = "{\"a\":[" + objects + "0]}";
        List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
        for (int i = 0; i < 48; i++) {
            answers.add(client.sendAsync(request("/rooms", "POST", body).build(), BodyHandlers.ofString()));
        }
        assertThat(get("/livez").statusCode()).isEqualTo(200);
        assertThat(answers)
                .allSatisfy(answer -> assertThat(code(answer.join().body())).isIn("malformed-json", "busy"))
                .anySatisfy(answer -> assertThat(answer.join().body()).contains("more than 20000 values"));
        assertThat(get("/livez").statusCode()).isEqualTo(200);
    }

    @Test
    void bodyThatDoesNotArriveTimesOut() throws Exception {
        try (RawConnection connection = RawConnection.to(server.url())) {
            connection.sendLines("POST /rooms HTTP/1.1", HOST, CALLER, "Content-Length: 100", "", "{");
            RawConnection.Response response = connection.read();
            assertThat(response.status()).isEqualTo(408);
            assertThat(code(response.body())).isEqualTo("request-timeout");
            assertThat(connection.isClosedByServer()).isTrue();
        }
    }

    @Test
    void bodyThatDripsTimesOut() throws Exception {
        try (RawConnection connection = RawConnection.to(server.url())) {
            connection.sendLines("POST /rooms HTTP/1.1", HOST, CALLER, "Transfer-Encoding: chunked", "");
            CompletableFuture<Void> dripping = CompletableFuture.runAsync(() -> drip(connection, "1\r\n{\r\n"));
            assertThat(connection.read().status()).isEqualTo(408);
            dripping.join();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET /livez\r\n\r\n", "GET /livez HTTP/1.1\r\nno colon\r\n\r\n", "\0\0\0\0\r\n\r\n"})
    void whatIsNotHttpDoesNotHarmOthers(String text) throws Exception {
        try (RawConnection connection = RawConnection.to(server.url())) {
            connection.send(text);
            assertThat(get("/livez").statusCode()).isEqualTo(200);
        }
    }

    @Test
    void bodyThatBreaksTheChunkedFormIsCutOff() throws Exception {
        try (RawConnection connection = RawConnection.to(server.url())) {
            connection.sendLines(
                    "POST /rooms HTTP/1.1", HOST, CALLER, "Transfer-Encoding: chunked", "", "f".repeat(40), "");
            assertThat(connection.isClosedByServer()).isTrue();
        }
    }

    @Test
    void slowHeadIsCutOffWithoutAnswer() throws Exception {
        try (RawConnection connection = RawConnection.to(server.url())) {
            connection.send("GET /livez HTTP/1.1\r\nHo");
            assertThat(connection.isClosedByServer()).isTrue();
        }
    }

    @Test
    void slowHeadIsCutOffOnAConnectionInUseToo() throws Exception {
        try (RawConnection connection = RawConnection.to(server.url())) {
            connection.sendLines("GET /livez HTTP/1.1", HOST, "").read();
            long begin = System.nanoTime();
            connection.send("GET /livez HTTP/1.1\r\nHo");
            assertThat(connection.isClosedByServer()).isTrue();
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(4));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST /nowhere", "PUT /rooms", "GET /livez"})
    void bodyThatNobodyReadsCannotHoldTheConnection(String what) throws Exception {
        try (RawConnection connection = RawConnection.to(server.url())) {
            connection.sendLines(what + " HTTP/1.1", HOST, CALLER, "Content-Length: 100", "");
            assertThat(connection.read().status()).isIn(404, 405, 408);
            assertThat(connection.isClosedByServer()).isTrue();
        }
    }

    @Test
    void slowBodiesDoNotKeepOthersWaiting() throws Exception {
        List<RawConnection> slow = new ArrayList<>();
        try {
            for (int i = 0; i < 200; i++) {
                slow.add(RawConnection.to(server.url())
                        .sendLines("POST /rooms HTTP/1.1", HOST, CALLER, "Content-Length: 100", "", "{"));
            }
            long begin = System.nanoTime();
            assertThat(get("/livez").statusCode()).isEqualTo(200);
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(LIMITS.body());
        } finally {
            for (RawConnection connection : slow) {
                connection.close();
            }
        }
    }

    // HTTP itself.

    @ParameterizedTest
    @ValueSource(strings = {"/livez", "/openapi.yaml", "/readyz", "/nowhere"})
    void headIsAnsweredAsGetWithoutTheBody(String path) throws Exception {
        try (RawConnection connection = RawConnection.to(server.url())) {
            RawConnection.Response head =
                    connection.sendLines("HEAD " + path + " HTTP/1.1", HOST, "").readHead();
            RawConnection.Response get =
                    connection.sendLines("GET " + path + " HTTP/1.1", HOST, "").read();
            assertThat(head.status()).isEqualTo(get.status());
            assertThat(head.head()).containsIgnoringCase("content-length: ");
        }
    }

    @Test
    void connectionIsKeptAfterAnError() throws Exception {
        try (RawConnection connection = RawConnection.to(server.url())) {
            assertThat(connection
                            .sendLines("GET /nowhere HTTP/1.1", HOST, "")
                            .read()
                            .status())
                    .isEqualTo(404);
            assertThat(connection
                            .sendLines("POST /rooms HTTP/1.1", HOST, CALLER, "Content-Length: 2", "")
                            .send("[]")
                            .read()
                            .status())
                    .isEqualTo(400);
            assertThat(connection
                            .sendLines("GET /livez HTTP/1.1", HOST, "")
                            .read()
                            .status())
                    .isEqualTo(200);
        }
    }

    @Test
    void noContentHasNoBody() throws Exception {
        send(request("/rooms", "POST", "{\"room_id\":\"r\",\"policy\":{\"encrypted\":false}}"));
        send(request(
                "/rooms/r/members", "POST", "{\"endpoint\":\"" + Peers.BOB + "\",\"role\":\"owner\",\"epoch\":1}"));
        try (RawConnection connection = RawConnection.to(server.url())) {
            RawConnection.Response removed = connection
                    .sendLines("DELETE /rooms/r/members/" + ALICE + " HTTP/1.1", HOST, CALLER, "")
                    .read();
            assertThat(removed.status()).isEqualTo(204);
            assertThat(removed.head())
                    .doesNotContainIgnoringCase("content-length")
                    .doesNotContainIgnoringCase("chunked");
            assertThat(connection
                            .sendLines("GET /livez HTTP/1.1", HOST, "")
                            .read()
                            .status())
                    .isEqualTo(200);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip, chunked", "identity", "xchunked", "gzip", "chunked, chunked"})
    void transferEncodingOtherThanChunkedIsRefusedAndTheConnectionClosed(String encoding) throws Exception {
        try (RawConnection connection = RawConnection.to(server.url())) {
            RawConnection.Response response = connection
                    .sendLines("POST /rooms HTTP/1.1", HOST, CALLER, "Transfer-Encoding: " + encoding, "", "0", "")
                    .read();
            assertThat(response.status()).isEqualTo(400);
            assertThat(code(response.body())).isEqualTo("http-400");
            assertThat(response.head()).containsIgnoringCase("connection: close");
            assertThat(connection.isClosedByServer()).isTrue();
        }
    }

    @Test
    void callerNamedTwiceIsMalformed() throws Exception {
        try (RawConnection connection = RawConnection.to(server.url())) {
            RawConnection.Response response = connection
                    .sendLines("GET /rooms/team HTTP/1.1", HOST, CALLER, "Unibus-Endpoint: " + Peers.BOB, "")
                    .read();
            assertThat(response.status()).isEqualTo(400);
            assertThat(code(response.body())).isEqualTo("malformed-caller");
        }
    }

    @ParameterizedTest
    @CsvSource({"0.0.0.0, http://127.0.0.1:", "::, http://[::1]:"})
    void urlOfAWildcardListenerIsReachable(String wildcard, String begin) throws Exception {
        try (HttpServer open = new ServerParts(store, dataDir, new HostPort(wildcard, 0)).server(LIMITS)) {
            open.start();
            assertThat(open.url()).startsWith(begin);
        }
    }

    @Test
    void clientThatWaitsToBeToldToContinueIsTold() throws Exception {
        try (RawConnection connection = RawConnection.to(server.url())) {
            connection.sendLines("POST /rooms HTTP/1.1", HOST, CALLER, "Content-Length: 2", "Expect: 100-continue", "");
            assertThat(connection.read().status()).isEqualTo(100);
            assertThat(connection.send("[]").read().status()).isEqualTo(400);
        }
    }

    @Test
    void clientThatWaitsToBeToldToContinueIsToldThatTheBodyIsTooLarge() throws Exception {
        try (RawConnection connection = RawConnection.to(server.url())) {
            connection.sendLines(
                    "POST /rooms HTTP/1.1", HOST, CALLER, "Content-Length: " + TWO_MIB, "Expect: 100-continue", "");
            assertThat(connection.read().status()).isEqualTo(413);
        }
    }

    @Test
    void manyConnectionsAreServedAtOnce() {
        List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            String body = "{\"room_id\":\"room-" + i + "\",\"policy\":{\"encrypted\":false}}";
            answers.add(client.sendAsync(request("/rooms", "POST", body).build(), BodyHandlers.ofString()));
        }
        assertThat(answers)
                .allSatisfy(answer -> assertThat(answer.join().statusCode()).isEqualTo(201));
    }

    // Faults.

    @Test
    void faultIsAnIncidentThatTheLogExplains() throws Exception {
        store.beforeEachCall(() -> {
            throw new IllegalStateException("secret reason");
        });
        HttpResponse<String> response = get("/users");
        assertProblem(response, 500, "internal-error");
        assertThat(response.body()).doesNotContain("secret reason");
        String incident = response.body().replaceFirst("(?s).*incident ([0-9a-f-]{36}).*", "$1");
        assertThat(logged.list)
                .filteredOn(event -> event.getLevel() == Level.ERROR)
                .singleElement()
                .satisfies(event -> {
                    assertThat(event.getFormattedMessage()).contains(incident, "GET /users");
                    assertThat(event.getThrowableProxy().getMessage()).isEqualTo("secret reason");
                });
    }

    @Test
    void unusableStoreIsAnIncidentForTheOperator() throws Exception {
        store.beforeEachCall(() -> {
            throw new StoreUnusableException("unibus.db is damaged", null);
        });
        assertProblem(get("/users"), 500, "store-unusable");
        assertThat(logged.list).anyMatch(event -> event.getFormattedMessage().contains("unibus.db is damaged"));
    }

    @Test
    void busyStoreIsToBeTriedAgain() throws Exception {
        store.beforeEachCall(() -> {
            throw new StoreUnavailableException("/var/lib/x/unibus.db: [SQLITE_BUSY]", null);
        });
        HttpResponse<String> response = get("/users");
        assertProblem(response, 503, "store-unavailable");
        assertThat(response.body()).doesNotContain("/var/lib", "SQLITE");
        assertThat(get("/readyz").body()).contains("cannot take writes").doesNotContain("/var/lib", "SQLITE");
        assertThat(logged.list).anyMatch(event -> event.getFormattedMessage().contains("SQLITE_BUSY"));
        assertThat(response.headers().firstValue("Retry-After")).contains("1");
    }

    @Test
    void migratedStoreSaysWhereToGo() throws Exception {
        store.beforeEachCall(() -> {
            throw new StoreMigratedException("/var/lib/x/unibus.db has moved");
        });
        HttpResponse<String> response = get("/users");
        assertProblem(response, 503, "store-migrated");
        assertThat(response.body()).contains("--store kv").doesNotContain("/var/lib");
        HttpResponse<String> ready = get("/readyz");
        assertThat(ready.statusCode()).isEqualTo(503);
        assertThat(ready.body()).contains("has moved to a cluster").doesNotContain("/var/lib");
    }

    @Test
    void unknownOutcomeIsSaidToBeUnknown() throws Exception {
        store.beforeEachCall(() -> {
            throw new OutcomeUnknownException("/var/lib/x/unibus.db: [SQLITE_IOERR]", null);
        });
        HttpResponse<String> response = get("/users");
        assertProblem(response, 503, "outcome-unknown");
        assertThat(response.body()).contains("read before you write").doesNotContain("/var/lib", "SQLITE");
    }

    @Test
    void nodeIsLiveWhileAllWorkersWaitForAStoreThatHangs() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        store.beforeEachCall(() -> await(goOn));
        List<CompletableFuture<HttpResponse<String>>> stuck = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            stuck.add(client.sendAsync(request("/users", "GET", "").build(), BodyHandlers.ofString()));
        }
        try {
            for (int i = 0; i < 5; i++) {
                HttpRequest live = request("/livez", "GET", "")
                        .timeout(Duration.ofSeconds(5))
                        .build();
                assertThat(client.send(live, BodyHandlers.ofString()).statusCode())
                        .isEqualTo(200);
            }
            assertThat(stuck).noneMatch(CompletableFuture::isDone);
        } finally {
            goOn.countDown();
            stuck.forEach(CompletableFuture::join);
        }
    }

    // The end.

    @Test
    void requestsUnderWayAreFinishedAndNewOnesRefusedWhileClosing() throws Exception {
        CountDownLatch arrived = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        store.beforeEachCall(() -> {
            arrived.countDown();
            await(goOn);
        });
        try (RawConnection open = RawConnection.to(server.url())) {
            CompletableFuture<HttpResponse<String>> underWay =
                    client.sendAsync(request("/rooms/team", "GET", "").build(), BodyHandlers.ofString());
            await(arrived);
            CompletableFuture<Void> closing = CompletableFuture.runAsync(server::close);
            RawConnection.Response refused = untilRefused(open);
            assertThat(code(refused.body())).isEqualTo("busy");
            assertThat(refused.head()).containsIgnoringCase("retry-after: 1");
            assertThat(closing).isNotDone();
            goOn.countDown();
            assertThat(underWay.join().statusCode()).isEqualTo(404);
            closing.join();
            assertThat(open.isClosedByServer()).isTrue();
        }
    }

    @Test
    void portInUseIsSaidSo() {
        HttpServer second = new ServerParts(
                        store,
                        dataDir,
                        new HostPort("127.0.0.1", URI.create(server.url()).getPort()))
                .server(LIMITS);
        assertThat(org.assertj.core.api.Assertions.catchThrowable(second::start))
                .hasMessageContaining("stop what uses that address");
    }

    private static RawConnection.Response untilRefused(RawConnection connection) throws IOException {
        RawConnection.Response response;
        do {
            response = connection.sendLines("GET /livez HTTP/1.1", HOST, "").read();
        } while (response.status() == 200);
        assertThat(response.status()).isEqualTo(503);
        return response;
    }

    private static void drip(RawConnection connection, String drop) {
        try {
            for (int i = 0; i < 20; i++) {
                connection.send(drop);
                TimeUnit.MILLISECONDS.sleep(50);
            }
        } catch (IOException e) {
            // the server has had enough
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private HttpResponse<String> get(String path) throws Exception {
        return send(request(path, "GET", ""));
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        return client.send(request.build(), BodyHandlers.ofString());
    }

    private HttpRequest.Builder request(String path, String method, String body) {
        return request(path, method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
    }

    private HttpRequest.Builder request(String path, String method, HttpRequest.BodyPublisher body) {
        return HttpRequest.newBuilder(uri(path))
                .timeout(Duration.ofSeconds(20))
                .header("Unibus-Endpoint", ALICE.nkey())
                .method(method, body);
    }

    private URI uri(String path) {
        return URI.create(server.url() + path);
    }

    private static void assertProblem(HttpResponse<String> response, int status, String code) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        assertThat(response.headers().firstValue("Content-Type")).contains("application/problem+json");
        assertThat(code(response.body())).isEqualTo(code);
        assertThat(response.body())
                .doesNotContain("Exception")
                .doesNotContain("io.unibus")
                .doesNotContain("java.")
                .doesNotContain("\\tat ");
    }

    private static String code(String body) {
        return JsonObject.parse(body.getBytes(StandardCharsets.UTF_8)).requiredString("code");
    }
}
