package io.unibus.cluster;

import io.unibus.client.ControlPlaneClient;
import io.unibus.client.Identity;
import io.unibus.client.ProblemException;
import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.Member;
import io.unibus.protocol.MemberRoom;
import io.unibus.protocol.Room;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.SealedKey;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** What a node shows over HTTP to the members of its rooms, all of whom the test can be. Thread-safe. */
final class NodeView implements RoomView {
    private static final int NOT_FOUND = 404;
    private static final int UNAVAILABLE = 503;
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration PAUSE = Duration.ofMillis(100);

    private final Map<Endpoint, ControlPlaneClient> clients = new TreeMap<>();
    /** Who was seen to be in a room, to be asked first when it is looked at again. */
    private final Map<RoomId, ControlPlaneClient> members = new ConcurrentHashMap<>();

    NodeView(URI node, Collection<Identity> identities) {
        identities.forEach(identity -> clients.put(identity.endpoint(), ControlPlaneClient.of(node, identity)));
    }

    @Override
    public Optional<Found> room(RoomId id, Collection<Endpoint> candidates) {
        List<ControlPlaneClient> asking =
                new ArrayList<>(candidates.stream().map(this::client).toList());
        Optional.ofNullable(members.get(id)).ifPresent(member -> asking.add(0, member));
        for (ControlPlaneClient client : asking) {
            Optional<Room> room = found(() -> client.room(id));
            if (room.isPresent()) {
                members.put(id, client);
                return Optional.of(
                        new Found(room.get().epoch().number(), room.get().rekeyRequired(), membersOf(client, id)));
            }
        }
        return Optional.empty();
    }

    private static SortedSet<Endpoint> membersOf(ControlPlaneClient client, RoomId id) {
        return found(() -> client.members(id)).stream()
                .flatMap(List::stream)
                .map(Member::endpoint)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Override
    public Optional<SealedKey> key(RoomId id, long epoch, Endpoint endpoint) {
        return found(() -> client(endpoint).key(id, new Epoch(epoch)).sealedKey());
    }

    @Override
    public boolean showsKeysOf(Found room, Endpoint endpoint) {
        return room.members().contains(endpoint);
    }

    @Override
    public Set<RoomId> roomsOf(Endpoint endpoint) {
        return found(() -> client(endpoint).roomsOf(endpoint)).stream()
                .flatMap(List::stream)
                .map(MemberRoom::roomId)
                .collect(Collectors.toSet());
    }

    private ControlPlaneClient client(Endpoint endpoint) {
        return Optional.ofNullable(clients.get(endpoint)).orElseThrow();
    }

    /** A node may be without a quorum for a moment at any time, and says so; what it says later is looked at. */
    private static <T> Optional<T> found(Supplier<T> read) {
        long begin = System.nanoTime();
        while (true) {
            try {
                return Optional.of(read.get());
            } catch (ProblemException e) {
                if (e.status() == NOT_FOUND) {
                    return Optional.empty();
                }
                if (e.status() != UNAVAILABLE || System.nanoTime() - begin > PATIENCE.toNanos()) {
                    throw e;
                }
            }
            Await.pause(PAUSE);
        }
    }
}
