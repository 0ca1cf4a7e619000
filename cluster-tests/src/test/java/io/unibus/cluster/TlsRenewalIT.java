package io.unibus.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.client.ControlPlaneClient;
import io.unibus.client.Identity;
import io.unibus.client.Rooms;
import io.unibus.protocol.AddUserRequest;
import io.unibus.protocol.Handle;
import io.unibus.protocol.MemberRole;
import io.unibus.protocol.Room;
import io.unibus.protocol.RoomPolicy;
import io.unibus.protocol.Subject;
import io.unibus.protocol.UserRole;
import java.io.IOException;
import java.math.BigInteger;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Three nodes with bus-auth enforce and a certificate from files, which is renewed while their clients are at work. */
final class TlsRenewalIT {
    private static final Duration LIMIT = Duration.ofSeconds(40);
    private static final Duration END_LIMIT = Duration.ofSeconds(60);
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration PACE = Duration.ofMillis(200);
    private static final int MOST_BETWEEN_MILLIS = 1_000;
    private static final int CROWD_OF_ONE = 25;
    private static final String SUBJECT = "numbers";

    @RegisterExtension
    final Scenario scenario = new Scenario();

    private final Random random = Settings.random();
    private final Identity admin = newIdentity();
    private final List<BusMember> members = new ArrayList<>();
    private final List<NumberTally> tallies = new ArrayList<>();
    private final List<KeptHttpsConnections> kept = new ArrayList<>();
    private final AtomicInteger published = new AtomicInteger();
    private final List<Long> millisOfHttp = new ArrayList<>();
    private final List<Long> millisOfBus = new ArrayList<>();
    private Cluster cluster;
    private CertificateIssuer issuer;
    private SSLContext trust;
    private volatile boolean over;

    @BeforeEach
    void start() throws IOException {
        issuer = CertificateIssuer.in(scenario.directory("certificates"));
        trust = issuer.trust();
        cluster = scenario.aCluster()
                .withNodes(3)
                .with("--bus-auth", "enforce")
                .with("--tls", "files")
                .with("--tls-cert", issuer.certificate().toString())
                .with("--tls-key", issuer.key().toString())
                .prepare();
        issuer.renew(addresses(), () -> {});
        cluster.start();
        cluster.awaitReady();
        cluster.addAdmin(admin.endpoint());
    }

    /** Closes them all at once: each takes its time. */
    @AfterEach
    void closeClients() {
        try (Workers workers = new Workers()) {
            members.forEach(member -> workers.begin(member::close));
            kept.forEach(connections -> workers.begin(connections::close));
            workers.awaitEnd(END_LIMIT);
        }
    }

    private Identity newIdentity() {
        return Identity.generate(Randoms.secure(random));
    }

    private Identity newUser() {
        Identity identity = newIdentity();
        Handle handle = new Handle("user-" + identity.endpoint().nkey().substring(40));
        api(admin).addUser(new AddUserRequest(identity.endpoint(), handle, UserRole.MEMBER));
        return identity;
    }

    private ControlPlaneClient api(Identity identity) {
        return ControlPlaneClient.of(https(cluster.node(1)), identity, Optional.of(trust));
    }

    private static URI https(ClusterNode node) {
        return URI.create("https://" + node.url().getAuthority());
    }

    private List<String> addresses() {
        return cluster.nodes().stream().map(node -> node.url().getHost()).toList();
    }

    private BusMember begin(ClusterNode node, Identity identity) {
        BusMember member = BusMember.of("tls://" + node.nats(), identity, trust);
        members.add(member);
        return member;
    }

    private void awaitConnected() {
        Await.until("all logins", LIMIT, () -> members.stream().allMatch(BusMember::isConnected));
    }

    @Test
    void renewalUnderLoadDropsNoConnectionAndLosesNoMessage() throws IOException {
        Identity owner = newUser();
        Room room = new Rooms(api(owner), owner).create(Optional.of(new Subject(SUBJECT)), new RoomPolicy(false));
        openSubscribers(owner, room);
        List<BusMember> publishers =
                cluster.nodes().stream().map(node -> begin(node, owner)).toList();
        awaitConnected();
        for (ClusterNode node : cluster.nodes()) {
            kept.add(KeptHttpsConnections.open(Settings.crowdOverTls(), https(node), trust));
        }
        publishers.forEach(this::awaitHeardByAll);
        int first = published.get();
        try (Workers workers = new Workers()) {
            workers.begin(() -> publishUntilOver(publishers));
            kept.forEach(connections -> workers.begin(connections::run));
            for (int round = 0; round < Settings.renewals(); round++) {
                renew();
                workers.requireNoFailure();
            }
            over = true;
            kept.forEach(KeptHttpsConnections::end);
            workers.awaitEnd(END_LIMIT);
        }
        publishers.forEach(this::awaitHeardByAll); // the last of each, so that all before came or never will
        int end = published.get();
        int missing = sum(tallies, tally -> tally.missing(first, end));
        int repeated = sum(tallies, NumberTally::repeated);
        report(end - first, missing, repeated);
        assertThat(sum(members, BusMember::losses))
                .as("lost connections to the bus")
                .isZero();
        assertThat(sum(kept, KeptHttpsConnections::lost))
                .as("lost connections over HTTPS")
                .isZero();
        assertThat(missing).as("missing messages").isZero();
        assertThat(repeated).as("repeated messages").isZero();
    }

    /** Connects members of the room to each node, who count what they hear. */
    private void openSubscribers(Identity owner, Room room) {
        for (int begun = 0; begun < Settings.crowdOverTls(); begun += CROWD_OF_ONE) {
            Identity identity = newUser();
            new Rooms(api(owner), owner).invite(room.roomId(), identity.endpoint(), MemberRole.MEMBER);
            List<BusMember> some = new ArrayList<>();
            for (int i = 0; i < Math.min(CROWD_OF_ONE, Settings.crowdOverTls() - begun); i++) {
                cluster.nodes().forEach(node -> some.add(begin(node, identity)));
            }
            awaitConnected();
            for (BusMember member : some) {
                NumberTally tally = new NumberTally();
                tallies.add(tally);
                member.subscribe(SUBJECT, text -> tally.hear(Integer.parseInt(text)));
            }
        }
    }

    /** Publishes until every subscriber has heard one: only then do all servers know of all subscriptions. */
    private void awaitHeardByAll(BusMember publisher) {
        Await.until("a message to all", LIMIT, () -> {
            int number = publish(publisher);
            Await.pause(POLL);
            return tallies.stream().allMatch(tally -> tally.hasHeard(number));
        });
    }

    private int publish(BusMember publisher) {
        int number = published.getAndIncrement();
        publisher.publish(SUBJECT, Integer.toString(number));
        return number;
    }

    private void publishUntilOver(List<BusMember> publishers) {
        while (!over) {
            publish(publishers.get(published.get() % publishers.size()));
            Await.pause(PACE);
        }
    }

    /** Replaces the files, and waits until the new certificate is shown everywhere. */
    private void renew() throws IOException {
        BigInteger serial =
                issuer.renew(addresses(), () -> Await.pause(Duration.ofMillis(random.nextInt(MOST_BETWEEN_MILLIS))));
        long renewed = System.nanoTime();
        List<CertificateProbe> waiting = new ArrayList<>(cluster.nodes().stream()
                .flatMap(node -> Stream.of(
                        CertificateProbe.ofHttp(node, issuer::trust), CertificateProbe.ofBus(node, issuer::trust)))
                .toList());
        Await.until("the new certificate everywhere", LIMIT, () -> {
            Await.pause(POLL);
            for (CertificateProbe probe : List.copyOf(waiting)) {
                if (probe.serial().equals(Optional.of(serial))) {
                    (probe.isBus() ? millisOfBus : millisOfHttp).add((System.nanoTime() - renewed) / 1_000_000);
                    waiting.remove(probe);
                }
            }
            return waiting.isEmpty();
        });
    }

    private void report(int messages, int missing, int repeated) {
        System.out.printf(
                "TlsRenewalIT: %d renewals; %d bus connections, %d HTTPS connections with %d answers;"
                        + " %d messages to %d subscribers, %d missing, %d repeated; %d + %d connections lost%n",
                Settings.renewals(),
                members.size(),
                kept.size() * Settings.crowdOverTls(),
                sum(kept, KeptHttpsConnections::answers),
                messages,
                tallies.size(),
                missing,
                repeated,
                sum(members, BusMember::losses),
                sum(kept, KeptHttpsConnections::lost));
        System.out.println("TlsRenewalIT: new serial shown over HTTP after " + summary(millisOfHttp)
                + ", on the bus after " + summary(millisOfBus));
    }

    private static String summary(List<Long> millis) {
        List<Long> sorted = millis.stream().sorted().toList();
        return String.format(
                Locale.ROOT, "median %d ms, most %d ms", sorted.get(sorted.size() / 2), sorted.get(sorted.size() - 1));
    }

    private static <T> int sum(List<T> all, ToIntFunction<T> count) {
        return all.stream().mapToInt(count).sum();
    }
}
