package io.unibus.store.sqlite;

import static io.unibus.store.StoreFixtures.done;
import static io.unibus.store.StoreFixtures.encryptedRoom;
import static io.unibus.store.StoreFixtures.endpoint;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.Member;
import io.unibus.protocol.MemberRole;
import io.unibus.protocol.Room;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.SealedKey;
import io.unibus.store.RoomChange;
import io.unibus.store.RoomState;
import io.unibus.store.Store;
import io.unibus.store.StoreException;
import io.unibus.store.StoreFixtures;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A process that makes rooms of many large keys until a write fails, as it does under a limit on the size of files, and
 * prints what happened to each; then it writes something small. Argument: directory.
 */
final class BigWriterProcess {
    private static final int ROOMS = 20;
    private static final int MEMBERS = 100;

    private BigWriterProcess() {}

    public static void main(String[] arguments) {
        Path directory = Path.of(arguments[0]);
        SqliteLibrary.unpackInto(directory.resolve("lib"));
        try (Store store = SqliteStore.open(directory.resolve("unibus.db"), Duration.ofSeconds(20))) {
            for (int number = 0; number < ROOMS; number++) {
                RoomId id = new RoomId("room-" + number);
                RoomState state = done(store.createRoom(encryptedRoom(id, endpoint(0))));
                try {
                    System.out.println((store.commit(crowd(state)).isPresent() ? "written " : "stale ") + id);
                } catch (StoreException e) {
                    System.out.println("failed " + id + " " + e.getClass().getSimpleName());
                    store.addUser(StoreFixtures.admin(endpoint(0)));
                    System.out.println("small");
                    return;
                }
            }
        }
    }

    /** A change of 200 KB: everyone comes at once, with a rekey. */
    private static RoomChange crowd(RoomState state) {
        Room before = state.room();
        Epoch epoch = before.epoch().next();
        Room after = new Room(
                before.roomId(),
                before.subject(),
                epoch,
                before.policy(),
                before.owner(),
                false,
                before.createdAt(),
                before.updatedAt());
        byte[] bytes = new byte[SealedKey.MAX_BYTES];
        Arrays.fill(bytes, (byte) 7);
        TreeMap<Endpoint, SealedKey> keys = new TreeMap<>();
        Set<Member> joining = new HashSet<>();
        for (int i = 0; i < MEMBERS; i++) {
            keys.put(endpoint(i), SealedKey.of(bytes));
            if (i > 0) {
                joining.add(new Member(endpoint(i), MemberRole.MEMBER, StoreFixtures.NOW));
            }
        }
        return new RoomChange(state, after, joining, new TreeSet<>(), keys);
    }
}
