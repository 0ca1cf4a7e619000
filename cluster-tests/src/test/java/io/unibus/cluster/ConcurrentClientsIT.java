package io.unibus.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.client.ControlPlaneClient;
import io.unibus.client.Identity;
import io.unibus.protocol.Endpoint;
import io.unibus.protocol.MemberRoom;
import io.unibus.protocol.RoomId;
import io.unibus.store.Store;
import io.unibus.store.sqlite.SqliteStore;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Many clients change the same rooms at once. */
final class ConcurrentClientsIT {
    private static final int CLIENTS = 32;

    @RegisterExtension
    final Scenario scenario = new Scenario();

    private final Random random = Settings.random();
    private final ConcurrentMap<RoomId, RoomLedger> ledgers = new ConcurrentHashMap<>();
    private final ConcurrentMap<String, LongAdder> outcomes = new ConcurrentHashMap<>();

    @Test
    void theStoreHoldsExactlyWhatWasAcknowledged() {
        NodeProcess node = scenario.aNode().start();
        List<Identity> identities = IntStream.range(0, CLIENTS)
                .mapToObj(i -> Identity.generate(Randoms.secure(random)))
                .toList();
        List<Endpoint> everyone = identities.stream().map(Identity::endpoint).toList();
        URI url = node.awaitReady().http();
        long deadline = System.nanoTime() + Settings.load().toNanos();
        try (Workers clients = new Workers()) {
            for (Identity identity : identities) {
                ControlPlaneClient client = ControlPlaneClient.of(url, identity);
                Random own = new Random(random.nextLong());
                clients.begin(new CrowdClient(client, everyone, ledgers, outcomes, own, deadline));
            }
            clients.awaitEnd(Settings.load().plusSeconds(30));
        }
        node.stop();
        report();
        try (SqliteStore store = SqliteStore.open(node.dataDirectory().resolve("unibus.db"), Duration.ofSeconds(5))) {
            ledgers.values().forEach(ledger -> ledger.check(store, everyone));
            checkRoomsOf(store, everyone);
        }
    }

    private void checkRoomsOf(Store store, List<Endpoint> everyone) {
        Map<Endpoint, Set<RoomId>> byMember = new TreeMap<>();
        everyone.forEach(endpoint -> byMember.put(endpoint, new TreeSet<>()));
        for (RoomId id : ledgers.keySet()) {
            store.findRoom(id)
                    .orElseThrow()
                    .members()
                    .keySet()
                    .forEach(member -> byMember.computeIfAbsent(member, stranger -> new TreeSet<>())
                            .add(id));
        }
        assertThat(byMember.keySet()).as("members").isSubsetOf(everyone);
        byMember.forEach((endpoint, rooms) -> assertThat(
                        store.roomsOf(endpoint).stream().map(MemberRoom::roomId).collect(Collectors.toList()))
                .as("rooms of %s", endpoint)
                .containsExactlyElementsOf(rooms));
    }

    private void report() {
        long done = outcomes.values().stream().mapToLong(LongAdder::sum).sum();
        System.out.printf(
                "ConcurrentClientsIT: %d clients, %d rooms, %d answers a second%n",
                CLIENTS, ledgers.size(), done / Settings.load().toSeconds());
        new TreeMap<>(outcomes).forEach((outcome, count) -> System.out.printf("  %8d %s%n", count.sum(), outcome));
    }
}
