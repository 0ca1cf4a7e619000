package io.unibus.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.SealedKey;
import io.unibus.store.RoomState;
import io.unibus.store.Store;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * Every acknowledged change of one encrypted room by many clients, and what must be true of the room after them in
 * whatever order they happened. Thread-safe.
 */
final class RoomLedger {
    private final RoomId id;
    private final ConcurrentMap<Long, Endpoint> authors = new ConcurrentHashMap<>();
    private final ConcurrentMap<Holding, SealedKey> keys = new ConcurrentHashMap<>();
    /** Joined minus left: a member joins only when absent and leaves only when present. */
    private final ConcurrentMap<Endpoint, AtomicInteger> presence = new ConcurrentHashMap<>();

    private record Holding(long epoch, Endpoint endpoint) {}

    RoomLedger(RoomId id) {
        this.id = id;
    }

    void created(Endpoint creator, SealedKey key) {
        rekeyed(creator, 1, Map.of(creator, key), Set.of());
        joined(creator);
    }

    void invited(Endpoint endpoint, long epoch, SealedKey key) {
        give(endpoint, epoch, key);
        joined(endpoint);
    }

    void removed(Endpoint endpoint) {
        presenceOf(endpoint).decrementAndGet();
    }

    /** Fails when another's rekey to that epoch was acknowledged too. */
    void rekeyed(Endpoint author, long epoch, Map<Endpoint, SealedKey> newKeys, Collection<Endpoint> leaving) {
        assertThat(authors.putIfAbsent(epoch, author))
                .as("another author of epoch %d of %s", epoch, id)
                .isNull();
        newKeys.forEach((endpoint, key) -> give(endpoint, epoch, key));
        leaving.forEach(this::removed);
    }

    private void give(Endpoint endpoint, long epoch, SealedKey key) {
        assertThat(keys.putIfAbsent(new Holding(epoch, endpoint), key))
                .as("another key of %s in epoch %d of %s", endpoint, epoch, id)
                .isNull();
    }

    private void joined(Endpoint endpoint) {
        presenceOf(endpoint).incrementAndGet();
    }

    private AtomicInteger presenceOf(Endpoint endpoint) {
        return presence.computeIfAbsent(endpoint, absent -> new AtomicInteger());
    }

    /** Compares with a store at rest after all changes were answered. */
    void check(Store store, Collection<Endpoint> everyone) {
        RoomState state = store.findRoom(id).orElseThrow();
        long epoch = state.room().epoch().number();
        assertThat(authors.keySet())
                .as("acknowledged epochs of %s", id)
                .isEqualTo(LongStream.rangeClosed(1, epoch).boxed().collect(Collectors.toSet()));
        assertThat(presence.values()).extracting(AtomicInteger::get).allMatch(count -> count == 0 || count == 1);
        assertThat(state.members().keySet())
                .as("members of %s", id)
                .isEqualTo(everyone.stream()
                        .filter(endpoint -> presenceOf(endpoint).get() == 1)
                        .collect(Collectors.toCollection(TreeSet::new)));
        for (long each = 1; each <= epoch; each++) {
            for (Endpoint endpoint : everyone) {
                checkKey(store, each, endpoint);
            }
        }
        checkCover(state);
    }

    private void checkKey(Store store, long epoch, Endpoint endpoint) {
        SealedKey expected = keys.get(new Holding(epoch, endpoint));
        var found = store.findKey(id, new Epoch(epoch), endpoint);
        if (expected == null) {
            assertThat(found)
                    .as("a key that nobody gave to %s in epoch %d of %s", endpoint, epoch, id)
                    .isEmpty();
        } else {
            assertThat(found)
                    .as("the key of %s in epoch %d of %s", endpoint, epoch, id)
                    .hasValueSatisfying(key -> assertThat(key.sealedKey()).isEqualTo(expected));
        }
    }

    private void checkCover(RoomState state) {
        long epoch = state.room().epoch().number();
        Set<Endpoint> holders = keys.keySet().stream()
                .filter(holding -> holding.epoch() == epoch)
                .map(Holding::endpoint)
                .collect(Collectors.toSet());
        if (state.room().rekeyRequired()) {
            assertThat(holders)
                    .as("holders in %s", id)
                    .containsAll(state.members().keySet());
        } else {
            assertThat(holders)
                    .as("holders in %s", id)
                    .isEqualTo(state.members().keySet());
        }
    }
}
