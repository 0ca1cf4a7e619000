package io.unibus.store.sqlite;

import static io.unibus.store.StoreFixtures.encryptedRoom;
import static io.unibus.store.StoreFixtures.endpoint;
import static io.unibus.store.StoreFixtures.invitation;
import static io.unibus.store.StoreFixtures.member;
import static io.unibus.store.StoreFixtures.rekey;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.MemberRole;
import io.unibus.protocol.RoomId;
import io.unibus.store.RoomState;
import io.unibus.store.Store;
import io.unibus.store.StoreException;
import io.unibus.store.StoreFixtures;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * A process that writes to a store and prints each write that was acknowledged, to be killed at any moment. Arguments:
 * directory, first user number, how many users to add. After each user it changes the members and the key of its room.
 */
public final class WriterProcess {
    private WriterProcess() {}

    public static void main(String[] arguments) {
        Path directory = Path.of(arguments[0]);
        int first = Integer.parseInt(arguments[1]);
        int count = Integer.parseInt(arguments[2]);
        SqliteLibrary.unpackInto(directory.resolve("lib"));
        try (Store store = SqliteStore.open(directory.resolve("unibus.db"), Duration.ofSeconds(20))) {
            say("open");
            for (int number = first; number < first + count; number++) {
                addUser(store, number);
                changeRoom(store, first, number);
            }
        }
        say("closed");
    }

    private static void addUser(Store store, int number) {
        try {
            store.addUser(member(endpoint(number)));
            say("user " + number);
        } catch (StoreException e) {
            say("refused " + number + " " + e.getClass().getSimpleName());
        }
    }

    private static void changeRoom(Store store, int first, int number) {
        RoomId room = room(first);
        RoomState state = store.findRoom(room)
                .orElseGet(() -> StoreFixtures.done(store.createRoom(encryptedRoom(room, endpoint(0)))));
        Endpoint guest = endpoint(number);
        state = store.commit(invitation(state, guest, MemberRole.MEMBER, StoreFixtures.NOW))
                .orElseThrow();
        state = store.commit(rekey(state, "writer", List.of(guest), StoreFixtures.NOW))
                .orElseThrow();
        say("epoch " + state.room().epoch());
    }

    static RoomId room(int first) {
        return new RoomId("room-" + first);
    }

    private static void say(String line) {
        System.out.println(line);
        System.out.flush();
    }
}
