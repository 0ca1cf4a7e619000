package io.unibus.node.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.client.Identity;
import io.unibus.embeddednats.HostPort;
import io.unibus.node.config.BusAuth;
import io.unibus.node.control.DenialCounter;
import io.unibus.node.control.DenialReason;
import io.unibus.node.control.MemoryStore;
import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Handle;
import io.unibus.protocol.User;
import io.unibus.protocol.UserRole;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.assertj.core.groups.Tuple;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Signed requests over real sockets, each line of which the test writes, in every mode of authentication. */
@Timeout(60)
final class SignedRequestIT {
    private static final HttpLimits LIMITS = HttpLimits.DEFAULT;
    private static final String ROOM = "{\"policy\":{\"encrypted\":false}}";
    private static final String PROXY_NAME = "bus.example";

    private final MemoryStore store = new MemoryStore();
    private final Identity alice = Identity.generate(new SecureRandom());
    private final Identity stranger = Identity.generate(new SecureRandom());
    private final Identity revoked = Identity.generate(new SecureRandom());

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path dataDir;

    @SuppressWarnings("NullAway.Init")
    private ServerParts parts;

    @SuppressWarnings("NullAway.Init")
    private HttpServer server;

    @BeforeEach
    void addUsers() {
        Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
        store.addUser(User.active(alice.endpoint(), new Handle("alice"), UserRole.MEMBER, now));
        store.addUser(User.active(revoked.endpoint(), new Handle("mallory"), UserRole.MEMBER, now));
        store.revokeUser(revoked.endpoint(), now);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private void start(BusAuth mode) {
        parts = new ServerParts(store, dataDir, new HostPort("127.0.0.1", 0), List.of(PROXY_NAME), mode);
        server = parts.server(LIMITS);
        server.start();
    }

    private SentRequest post() {
        return SentRequest.to(server.url(), "POST", "/rooms", ROOM);
    }

    private SentRequest get(String target) {
        return SentRequest.to(server.url(), "GET", target, "");
    }

    @Test
    void whoeverSignsIsTheCaller() throws IOException {
        start(BusAuth.ENFORCE);
        assertThat(post().signedBy(alice).answer()).isEqualTo("201");
        assertThat(store.roomsOf(alice.endpoint())).hasSize(1);
        assertThat(get("/users/" + alice.endpoint() + "?").signedBy(alice).answer())
                .isEqualTo("200");
        assertThat(get("/users/" + alice.endpoint() + "?x=%2F%20&y")
                        .signedBy(alice)
                        .answer())
                .isEqualTo("200");
        assertThat(post().naming(revoked).signedBy(alice).answer()).isEqualTo("201");
    }

    @Test
    void pathAndQueryAreThoseOfTheWire() throws IOException {
        start(BusAuth.ENFORCE);
        assertThat(get("/rooms/a%2Fb").signedBy(alice).answer()).isEqualTo("400 malformed-room-id");
        assertThat(get("/rooms/%61bsent").signedBy(alice).answer()).isEqualTo("404 room-not-found");
        assertThat(get("/rooms/absent;v=1").signedBy(alice).answer()).isNotEqualTo("401 signature-wrong");
    }

    @Test
    void onlyActiveUsersAreLetIn() throws IOException {
        start(BusAuth.ENFORCE);
        assertThat(post().signedBy(stranger).answer()).isEqualTo("403 user-unknown");
        assertThat(post().signedBy(revoked).answer()).isEqualTo("403 user-revoked");
        assertThat(post().naming(alice).answer()).isEqualTo("401 signature-missing");
    }

    @Test
    void whatIsNotWhatWasSignedIsRefused() throws IOException {
        start(BusAuth.ENFORCE);
        String nonce = "0123456789abcdef";
        assertThat(post().signedBy(stranger, alice.endpoint(), Instant.now(), nonce)
                        .answer())
                .isEqualTo("401 signature-wrong");
        SentRequest body = post().signedBy(alice);
        body.body = "{\"policy\":{\"encrypted\":true}}";
        assertThat(body.answer()).isEqualTo("401 signature-wrong");
        SentRequest bodyAdded = get("/rooms/x").signedBy(alice);
        bodyAdded.body = "{}";
        assertThat(bodyAdded.answer()).isEqualTo("401 malformed-signature");
        SentRequest bodyGone = post().signedBy(alice);
        bodyGone.body = "";
        assertThat(bodyGone.answer()).isEqualTo("401 malformed-signature");
        SentRequest method = get("/rooms/x").signedBy(alice);
        method.method = "DELETE";
        method.target = "/rooms/x/members/" + alice.endpoint();
        assertThat(method.answer()).isEqualTo("401 signature-wrong");
        SentRequest path = get("/rooms/x").signedBy(alice);
        path.target = "/rooms/y";
        assertThat(path.answer()).isEqualTo("401 signature-wrong");
        SentRequest query = get("/rooms/x").signedBy(alice);
        query.target = "/rooms/x?epoch=1";
        assertThat(query.answer()).isEqualTo("401 signature-wrong");
        SentRequest twoLabels = get("/rooms/x").signedBy(alice);
        twoLabels.fields.add(twoLabels.fields.get(0).replace("unibus=", "sig1="));
        assertThat(twoLabels.answer()).isEqualTo("401 malformed-signature");
        assertThat(store.roomsOf(alice.endpoint())).isEmpty();
    }

    @Test
    void requestForAnotherHostIsRefused() throws IOException {
        start(BusAuth.ENFORCE);
        SentRequest other = get("/users/" + alice.endpoint());
        other.host = "127.0.0.2:" + URI.create(server.url()).getPort();
        assertThat(other.signedBy(alice).answer()).isEqualTo("401 signature-of-other-host");
        SentRequest otherPort = get("/users/" + alice.endpoint());
        otherPort.host = "127.0.0.1:1";
        assertThat(otherPort.signedBy(alice).answer()).isEqualTo("401 signature-of-other-host");
        SentRequest replayed = get("/users/" + alice.endpoint());
        replayed.host = "10.9.8.7:8420";
        replayed.signedBy(alice);
        replayed.host = URI.create(server.url()).getRawAuthority();
        assertThat(replayed.answer()).isEqualTo("401 signature-wrong");
    }

    @Test
    void namesThatTheOperatorHasGivenAreTheNodesOwn() throws IOException {
        start(BusAuth.ENFORCE);
        for (String host : List.of(PROXY_NAME, "BUS.example", PROXY_NAME + ":80")) {
            SentRequest named = get("/users/" + alice.endpoint());
            named.host = host;
            assertThat(named.signedBy(alice).answer()).as(host).isEqualTo("200");
        }
        SentRequest local = get("/users/" + alice.endpoint());
        local.host = "localhost:" + URI.create(server.url()).getPort();
        assertThat(local.signedBy(alice).answer()).isEqualTo("200");
        SentRequest unknown = get("/users/" + alice.endpoint());
        unknown.host = "other.example";
        assertThat(unknown.signedBy(alice).answer()).isEqualTo("421 host-not-allowed");
    }

    @ParameterizedTest
    @EnumSource(BusAuth.class)
    void whatAProxyPassesOnIsNotFromThisHost(BusAuth mode) throws IOException {
        start(mode);
        assertThat(get("/metrics").answer()).isEqualTo("200");
        SentRequest proxied = get("/metrics");
        proxied.host = PROXY_NAME;
        assertThat(proxied.signedBy(alice).naming(alice).answer()).isEqualTo("403 admin-only");
    }

    @Test
    void whoFailsTooOftenWaitsAndOthersDoNot() throws IOException {
        start(BusAuth.ENFORCE);
        for (int i = 0; i < CallerAuthenticator.MOST_FAILURES; i++) {
            SentRequest forged = get("/rooms/x")
                    .signedBy(
                            stranger,
                            alice.endpoint(),
                            Instant.now(),
                            UUID.randomUUID().toString());
            assertThat(forged.answer()).isEqualTo("401 signature-wrong");
        }
        SentRequest further = get("/rooms/x")
                .signedBy(
                        stranger,
                        alice.endpoint(),
                        Instant.now(),
                        UUID.randomUUID().toString());
        assertThat(further.answer()).isEqualTo("429 too-many-requests");
        assertThat(get("/rooms/x").signedBy(alice).answer())
                .as("of her who can sign")
                .isEqualTo("404 room-not-found");
        assertThat(get("/rooms/x").signedBy(stranger).answer()).isEqualTo("403 user-unknown");
        assertThat(parts.denials.all())
                .extracting(DenialCounter.Denial::reason, DenialCounter.Denial::count)
                .containsExactlyInAnyOrder(
                        Tuple.tuple(DenialReason.SIGNATURE_WRONG, CallerAuthenticator.MOST_FAILURES + 1L),
                        Tuple.tuple(DenialReason.USER_UNKNOWN, 1L));
    }

    @Test
    void eachRequestIsTakenOnce() throws IOException {
        start(BusAuth.ENFORCE);
        SentRequest once = post().signedBy(alice);
        assertThat(once.answer()).isEqualTo("201");
        assertThat(once.answer()).isEqualTo("401 signature-replayed");
        assertThat(store.roomsOf(alice.endpoint())).hasSize(1);
    }

    @Test
    void aRequestIsNotTakenAgainAfterARestart() throws IOException {
        start(BusAuth.ENFORCE);
        SentRequest ahead =
                post().signedBy(alice, alice.endpoint(), Instant.now().plusSeconds(20), "0123456789abcdef");
        assertThat(ahead.answer()).isEqualTo("201");
        String host = ahead.host;
        server.close();
        start(BusAuth.ENFORCE);
        ahead.host = host; // of the process before, which a restart keeps and this test cannot
        SentRequest again = post();
        again.fields.addAll(ahead.fields);
        assertThat(again.answer()).isEqualTo("503 node-restarted");
        assertThat(post().signedBy(alice, alice.endpoint(), Instant.now().plusSeconds(25), "0123456789abcdef")
                        .answer())
                .isEqualTo("201");
    }

    @ParameterizedTest
    @CsvSource({"-40, 401 signature-outdated", "40, 401 signature-outdated", "25, 201"})
    void clocksMayBeHalfAMinuteApart(long seconds, String answer) throws IOException {
        start(BusAuth.ENFORCE);
        assertThat(post().signedBy(alice, alice.endpoint(), Instant.now().plusSeconds(seconds), "0123456789abcdef")
                        .answer())
                .isEqualTo(answer);
    }

    @Test
    void softServesEverybodyAndCountsWhoWouldBeRefused() throws IOException {
        start(BusAuth.SOFT);
        assertThat(post().signedBy(alice).answer()).isEqualTo("201");
        assertThat(parts.denials.all()).isEmpty();
        assertThat(post().naming(alice).answer()).isEqualTo("201");
        assertThat(post().naming(alice).answer()).isEqualTo("201");
        assertThat(post().signedBy(stranger).answer()).isEqualTo("201");
        assertThat(post().naming(revoked).answer()).isEqualTo("403 user-revoked");
        assertThat(post().answer()).isEqualTo("401 caller-unknown");
        SentRequest wrong = post().signedBy(alice).naming(alice);
        wrong.target = "/rooms?";
        wrong.body = ROOM + " ";
        assertThat(wrong.answer()).isEqualTo("201");
        assertThat(parts.denials.all())
                .extracting(DenialCounter.Denial::endpoint, DenialCounter.Denial::reason, DenialCounter.Denial::count)
                .containsExactlyInAnyOrder(
                        denial(alice.endpoint(), DenialReason.SIGNATURE_MISSING, 2),
                        denial(alice.endpoint(), DenialReason.SIGNATURE_WRONG, 1),
                        denial(stranger.endpoint(), DenialReason.USER_UNKNOWN, 1),
                        denial(revoked.endpoint(), DenialReason.SIGNATURE_MISSING, 1),
                        Tuple.tuple(Optional.empty(), DenialReason.SIGNATURE_MISSING, 1L));
        assertThat(parts.metrics.scrape())
                .contains("unibus_denials_total{door=\"http\",reason=\"signature-missing\"} 4.0");
    }

    private static Tuple denial(Endpoint endpoint, DenialReason reason, long count) {
        return Tuple.tuple(Optional.of(endpoint), reason, count);
    }

    @Test
    void offLooksAtNoSignature() throws IOException {
        start(BusAuth.OFF);
        SentRequest wrong = post().signedBy(stranger, alice.endpoint(), Instant.now(), "0123456789abcdef");
        assertThat(wrong.naming(alice).answer()).isEqualTo("201");
        assertThat(parts.denials.all()).isEmpty();
    }

    @Test
    void noncesAreForgottenWhenTheirRequestsAreTooOld() {
        long[] now = {0};
        NonceCache nonces = new NonceCache(Duration.ofMinutes(1), () -> now[0]);
        start(BusAuth.OFF);
        assertThat(nonces.enter(alice.endpoint(), "a")).isEqualTo(NonceCache.Outcome.FRESH);
        assertThat(nonces.enter(stranger.endpoint(), "a")).isEqualTo(NonceCache.Outcome.FRESH);
        now[0] = Duration.ofSeconds(59).toNanos();
        assertThat(nonces.enter(alice.endpoint(), "b")).isEqualTo(NonceCache.Outcome.FRESH);
        now[0] = Duration.ofSeconds(118).toNanos();
        assertThat(nonces.enter(alice.endpoint(), "b")).isEqualTo(NonceCache.Outcome.SEEN);
        now[0] = Duration.ofMinutes(4).toNanos();
        assertThat(nonces.enter(alice.endpoint(), "a")).isEqualTo(NonceCache.Outcome.FRESH);
    }
}
