package io.unibus.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.unibus.protocol.AddUserRequest;
import io.unibus.protocol.CreateRoomRequest;
import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.Handle;
import io.unibus.protocol.JsonWriter;
import io.unibus.protocol.MalformedException;
import io.unibus.protocol.RekeyRequest;
import io.unibus.protocol.Room;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.RoomPolicy;
import io.unibus.protocol.User;
import io.unibus.protocol.UserRole;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ControlPlaneClientTest {
    private static final RoomId ROOM = new RoomId("build-room");
    private static final CreateRoomRequest OPEN_ROOM =
            new CreateRoomRequest(Optional.of(ROOM), Optional.empty(), new RoomPolicy(false), Map.of());

    private final Identity me = Identity.generate(SeededRandom.fresh());
    private FakeNode node;
    private ControlPlaneClient client;

    @BeforeEach
    void start() throws IOException {
        node = FakeNode.start();
        client = ControlPlaneClient.of(node.url(), me, Duration.ofSeconds(5), Duration.ofSeconds(10));
    }

    @AfterEach
    void stop() {
        node.close();
    }

    @Test
    void everyRequestNamesTheCaller() {
        client.createRoom(OPEN_ROOM);
        client.members(ROOM);
        client.roomsOf(me.endpoint());

        assertThat(node.requests())
                .containsExactly(
                        "POST /rooms as " + me.endpoint(),
                        "GET /rooms/build-room/members as " + me.endpoint(),
                        "GET /members/" + me.endpoint() + "/rooms as " + me.endpoint());
    }

    @Test
    void anyRequestCanBeMade() {
        node.answerWith("GET /users/x?y=%2F", 200, "application/json", "[]");
        assertThat(new String(client.request("GET", "/users/x?y=%2F", new byte[0]), StandardCharsets.UTF_8))
                .isEqualTo("[]");
        node.answerWith("DELETE /rooms/x", 200, "application/json", "");
        assertThat(client.request("DELETE", "/rooms/x", new byte[0])).isEmpty();
        assertThatExceptionOfType(MalformedException.class)
                .isThrownBy(() -> client.request("GET", "/a b", new byte[0]));
        assertThatExceptionOfType(MalformedException.class)
                .isThrownBy(() -> client.request("G T", "/rooms", new byte[0]));
    }

    @Test
    void usersAreRead() {
        User user =
                User.active(me.endpoint(), new Handle("Zoë"), UserRole.ADMIN, Instant.parse("2026-11-21T08:50:00Z"));
        String json = new String(JsonWriter.object(user::writeFields), StandardCharsets.UTF_8);
        node.answerWith("GET /users ", 200, "application/json", "[" + json + "]");
        node.answerWith("GET /users/" + me.endpoint(), 200, "application/json", json);
        node.answerWith("POST /users ", 201, "application/json", json);
        node.answerWith("POST /users/" + me.endpoint() + "/revoke", 200, "application/json", json);

        assertThat(client.users()).containsExactly(user);
        assertThat(client.user(me.endpoint())).isEqualTo(user);
        assertThat(client.addUser(new AddUserRequest(me.endpoint(), user.handle(), UserRole.ADMIN)))
                .isEqualTo(user);
        assertThat(client.revokeUser(me.endpoint())).isEqualTo(user);
    }

    @Test
    void aBasePathIsKept() {
        ControlPlaneClient behindProxy = ControlPlaneClient.of(URI.create(node.url() + "/bus/"), me);
        node.answerWith("GET /bus/users ", 200, "application/json", "[]");

        assertThat(behindProxy.users()).isEmpty();
    }

    @Test
    void aRefusalCarriesItsFields() {
        Endpoint extra = Identity.generate(SeededRandom.fresh()).endpoint();
        client.createRoom(OPEN_ROOM);

        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(() -> client.rekey(ROOM, new RekeyRequest(new Epoch(9), Map.of(), List.of())))
                .withMessage("Detail of epoch-conflict. (epoch-conflict)")
                .satisfies(e -> {
                    assertThat(e.status()).isEqualTo(409);
                    assertThat(e.title()).isEqualTo("Refused");
                    assertThat(e.currentEpoch()).contains(Epoch.FIRST);
                });
        node.answerWith(
                "GET /rooms/",
                422,
                "application/problem+json",
                "{\"code\": \"keys-do-not-cover-members\", \"missing\": [\"" + me.endpoint() + "\"], \"extra\": [\""
                        + extra + "\"]}");
        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(() -> client.room(ROOM))
                .satisfies(e -> {
                    assertThat(e.missing()).containsExactly(me.endpoint());
                    assertThat(e.extra()).containsExactly(extra);
                });
    }

    @Test
    void anErrorThatIsNotOfANodeIsQuotedInPart() {
        node.answerWith("GET /rooms/", 404, "text/html", "<h1>\u001b[31mNot\n\n here</h1>" + "x".repeat(100_000));

        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(() -> client.room(ROOM))
                .withMessageContaining("is the URL right")
                .withMessageContaining("Not here</h1>xxx")
                .satisfies(e -> {
                    assertThat(e.code()).isEqualTo("http-404");
                    assertThat(e.getMessage()).hasSizeLessThan(400).doesNotContain("\u001b", "\n");
                });
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "[]", "{", "{\"code\": 7}", "{\"code\": \"x\", \"current_epoch\": 0}"})
    void aBrokenProblemIsStillAnError(String body) {
        node.answerWith("GET /rooms/", 409, "application/problem+json", body);

        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(() -> client.room(ROOM))
                .satisfies(e -> assertThat(e.code()).isEqualTo("http-409"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "<html>", "[]", "{}", "{\"room_id\": \"../..\"}"})
    void anAnswerThatIsNotOfANodeIsSaidToBe(String body) {
        node.answerWith("GET /rooms/", 200, "application/json", body);

        assertThatExceptionOfType(UnexpectedAnswerException.class)
                .isThrownBy(() -> client.room(ROOM))
                .withMessageContaining("is this a unibus node");
    }

    @Test
    void anEndlessAnswerIsGivenUp() {
        node.answerWith("GET /rooms/", 200, "application/json", " ".repeat(BoundedBody.MAX_BYTES + 1));

        assertThatExceptionOfType(UnreachableException.class)
                .isThrownBy(() -> client.room(ROOM))
                .withMessageContaining("longer than");
    }

    @Test
    void aRedirectIsNotFollowed() {
        node.answerWith("GET /rooms/", 302, "text/html", "");

        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(() -> client.room(ROOM))
                .satisfies(e -> assertThat(e.code()).isEqualTo("http-302"));
        assertThat(node.requests()).hasSize(1);
    }

    @Test
    void aRefusedConnectionChangedNothing() throws IOException {
        URI nobody;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            nobody = URI.create("http://127.0.0.1:" + socket.getLocalPort());
        }
        ControlPlaneClient lost = ControlPlaneClient.of(nobody, me);

        assertThatExceptionOfType(UnreachableException.class)
                .isThrownBy(() -> lost.createRoom(OPEN_ROOM))
                .withMessageContaining("cannot connect to " + nobody + " (connection refused)")
                .withMessageContaining("unibus node");
    }

    @Test
    void aReadWithoutAnAnswerIsUnreachable() {
        node.hang("GET /rooms/");

        assertThatExceptionOfType(UnreachableException.class)
                .isThrownBy(() -> hasty().room(ROOM))
                .withMessageContaining("no whole answer within 300 ms");
    }

    @Test
    void theTimeLimitCoversTheBody() {
        node.stall("GET /rooms/");

        assertThatExceptionOfType(UnreachableException.class)
                .isThrownBy(() -> hasty().room(ROOM))
                .withMessageContaining("no whole answer within 300 ms");
    }

    @Test
    void aWriteWithoutAnAnswerIsUnknown() {
        node.hang("POST /rooms");

        assertThatExceptionOfType(OutcomeUnknownException.class)
                .isThrownBy(() -> hasty().createRoom(OPEN_ROOM))
                .withMessageContaining("look before you repeat it");
    }

    @Test
    void aWriteIsNeverRepeatedUnasked() {
        client.room(client.createRoom(OPEN_ROOM).roomId()); // a connection to use again
        node.loseAnswerTo("DELETE ");

        assertThatExceptionOfType(OutcomeUnknownException.class)
                .isThrownBy(() -> client.removeMember(ROOM, me.endpoint()));
        assertThat(node.writes()).hasSize(2);
    }

    @Test
    void aWriteThatTheNodeIsUnsureOfIsUnknown() {
        node.answerWith("POST /rooms", 503, "application/problem+json", "{\"code\": \"outcome-unknown\"}");
        assertThatExceptionOfType(OutcomeUnknownException.class).isThrownBy(() -> client.createRoom(OPEN_ROOM));

        node.answerWith("POST /rooms", 504, "text/html", "gateway time-out");
        assertThatExceptionOfType(OutcomeUnknownException.class).isThrownBy(() -> client.createRoom(OPEN_ROOM));
    }

    @Test
    void aWriteInWhichTheNodeFailsIsUnknown() {
        node.answerWith("POST /rooms", 500, "application/problem+json", "{\"code\": \"internal-error\"}");

        assertThatExceptionOfType(OutcomeUnknownException.class).isThrownBy(() -> client.createRoom(OPEN_ROOM));
    }

    @Test
    void aNodeWithoutQuorumSaysNo() {
        node.answerWith("POST /rooms", 503, "application/problem+json", "{\"code\": \"quorum-unconfirmed\"}");

        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(() -> client.createRoom(OPEN_ROOM))
                .withMessage("quorum-unconfirmed");
    }

    @Test
    void anInterruptIsKept() {
        Thread.currentThread().interrupt();
        try {
            assertThatExceptionOfType(UnreachableException.class).isThrownBy(() -> client.room(ROOM));
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "localhost:8420",
                "ftp://localhost",
                "http:///rooms",
                "http://user:password@localhost",
                "http://localhost?x",
                "/rooms"
            })
    void whatIsNotTheUrlOfANodeIsRefused(String url) {
        URI uri = URI.create(url);

        assertThatExceptionOfType(MalformedException.class)
                .isThrownBy(() -> ControlPlaneClient.of(uri, me))
                .withMessageContaining("http://127.0.0.1:8420")
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("password"));
    }

    @Test
    void roomsAreReadAsTheyAre() {
        Room created = client.createRoom(OPEN_ROOM);

        assertThat(client.room(ROOM)).isEqualTo(created);
    }

    private ControlPlaneClient hasty() {
        return ControlPlaneClient.of(node.url(), me, Duration.ofSeconds(5), Duration.ofMillis(300));
    }
}
