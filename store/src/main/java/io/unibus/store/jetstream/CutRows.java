package io.unibus.store.jetstream;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.MalformedException;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.Subject;
import io.unibus.store.sqlite.SortedRows;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The entries of all buckets as feeds tell of them, sorted on disk, until they are frozen. Counts the changes of records:
 * what fences write is none. Thread-safe until it is frozen; who made it closes it.
 */
final class CutRows implements AutoCloseable {
    private static final SortedRows.Cursor NOTHING = new SortedRows.Cursor() {
        @Override
        public Optional<SortedRows.Row> next() {
            return Optional.empty();
        }

        @Override
        public void close() {}
    };

    private final SortedRows rows;
    private long changes;
    /** No row has come, as in most targets of an import, which asks for every record. */
    private boolean empty = true;

    private boolean frozen;
    private @Nullable RuntimeException failure;

    CutRows(SortedRows rows) {
        this.rows = rows;
    }

    /** What is sorted apart. */
    enum Kind {
        ROOM(1),
        SUBJECT(2),
        MEMBER(3),
        INDEX(4),
        SEALED_KEY(5),
        USER(6);

        private final int number;

        Kind(int number) {
            this.number = number;
        }
    }

    static SortedRows.Key room(RoomId room) {
        return new SortedRows.Key(Kind.ROOM.number, room.value(), 0, "", "");
    }

    static SortedRows.Key subject(Subject subject) {
        return new SortedRows.Key(Kind.SUBJECT.number, subject.value(), 0, "", "");
    }

    static SortedRows.Key member(RoomId room, Endpoint endpoint) {
        return new SortedRows.Key(Kind.MEMBER.number, room.value(), 0, "", endpoint.nkey());
    }

    static SortedRows.Key index(Endpoint endpoint, RoomId room) {
        return new SortedRows.Key(Kind.INDEX.number, endpoint.nkey(), 0, "", room.value());
    }

    /** Comes before the sealed keys of its epoch. */
    static SortedRows.Key pastEpoch(RoomId room, Epoch epoch) {
        return new SortedRows.Key(Kind.SEALED_KEY.number, room.value(), epoch.number(), "", "");
    }

    static SortedRows.Key sealedKey(RoomId room, Epoch epoch, String set, Endpoint endpoint) {
        return new SortedRows.Key(Kind.SEALED_KEY.number, room.value(), epoch.number(), set, endpoint.nkey());
    }

    static SortedRows.Key user(Endpoint endpoint) {
        return new SortedRows.Key(Kind.USER.number, endpoint.nkey(), 0, "", "");
    }

    EntryListener listener(Bucket bucket) {
        return new EntryListener() {
            @Override
            public void apply(Entry entry) {
                take(bucket, entry);
            }

            @Override
            public void clear() {
                forget(bucket);
            }
        };
    }

    /**
     * How often records changed so far.
     *
     * @throws RuntimeException why an entry could not be taken
     */
    synchronized long changes() {
        if (failure != null) {
            throw failure;
        }
        return changes;
    }

    /** Takes nothing any more, if nothing has changed since {@code before}. */
    synchronized boolean freezeIfStill(long before) {
        frozen = changes() == before;
        return frozen;
    }

    long count(Kind kind) {
        return rows.count(kind.number);
    }

    SortedRows.Cursor all(Kind kind) {
        return rows.all(kind.number);
    }

    SortedRows.Cursor of(Kind kind, RoomId room) {
        return empty ? NOTHING : rows.of(kind.number, room.value());
    }

    /** Also of a removed record, whose place has a revision. */
    Optional<SortedRows.Row> find(SortedRows.Key key) {
        return empty ? Optional.empty() : rows.find(key);
    }

    /** What a row holds. @throws io.unibus.store.StoreException naming the row when it holds something else */
    static <T> T decoded(Bucket bucket, SortedRows.Row row, Supplier<T> decoding) {
        try {
            return decoding.get();
        } catch (MalformedException e) {
            SortedRows.Key key = row.key();
            throw Unreadable.exception(bucket, key.first() + " " + key.middle() + " " + key.last(), e.getMessage());
        }
    }

    @Override
    public synchronized void close() {
        frozen = true;
        rows.close();
    }

    private synchronized void take(Bucket bucket, Entry entry) {
        if (frozen || failure != null || !Keys.isRecord(entry.key())) {
            return;
        }
        changes++;
        empty = false;
        try {
            rows.put(new SortedRows.Row(key(bucket, entry.key()), entry.value(), entry.revision(), entry.deleted()));
        } catch (MalformedException e) {
            failure = Unreadable.exception(bucket, entry.key(), e.getMessage());
        } catch (RuntimeException e) {
            failure = e; // for the one who waits for the cut, not for the feed
        }
    }

    private synchronized void forget(Bucket bucket) {
        if (frozen) {
            return;
        }
        changes++;
        for (Kind kind : Kind.values()) {
            if (bucket(kind) == bucket) {
                rows.forget(kind.number);
            }
        }
    }

    private static Bucket bucket(Kind kind) {
        return switch (kind) {
            case ROOM, SUBJECT -> Bucket.ROOMS;
            case MEMBER -> Bucket.MEMBERS;
            case INDEX -> Bucket.ROOMS_BY_MEMBER;
            case SEALED_KEY -> Bucket.ROOM_KEYS;
            case USER -> Bucket.USERS;
        };
    }

    private static SortedRows.Key key(Bucket bucket, String key) {
        return switch (bucket) {
            case ROOMS -> Keys.isSubject(key) ? subject(Keys.parseSubject(key)) : room(Keys.parseRoom(key));
            case MEMBERS -> {
                Keys.OfMember member = Keys.parseMember(key);
                yield member(member.room(), member.endpoint());
            }
            case ROOMS_BY_MEMBER -> {
                Keys.OfMember member = Keys.parseRoomByMember(key);
                yield index(member.endpoint(), member.room());
            }
            case ROOM_KEYS -> keyOfRoomKeys(key);
            case USERS -> user(Keys.parseUser(key));
        };
    }

    private static SortedRows.Key keyOfRoomKeys(String key) {
        if (Keys.isPastEpoch(key)) {
            Keys.OfEpoch past = Keys.parsePastEpoch(key);
            return pastEpoch(past.room(), past.epoch());
        }
        Keys.OfSealedKey sealed = Keys.parseSealedKey(key);
        return sealedKey(sealed.room(), sealed.epoch(), sealed.set(), sealed.endpoint());
    }
}
