package io.unibus.store.jetstream;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.JsonWriter;
import io.unibus.protocol.Member;
import io.unibus.protocol.RoomId;
import io.unibus.store.OutcomeUnknownException;
import io.unibus.store.StoreUnavailableException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts what the last change of a room did into the other buckets: a joiner's sealed key, the index, and when these are
 * there the member records. Readers see no difference. Idempotent, by any node at any time: a member record is only put in
 * the place of one of an earlier version. Thread-safe.
 *
 * <p>Not guaranteed: a writer that is very late may leave a wrong index entry, which {@link Repair} sees.
 */
final class Settling {
    private static final Logger LOG = LoggerFactory.getLogger(Settling.class);
    private static final int REMEMBERED_ROOMS = 1000;
    private static final int ATTEMPTS = 5;

    private final Buckets buckets;
    private final RoomView view;
    private final Executor background;
    private final Map<RoomId, Running> recent = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<RoomId, Running> eldest) {
            return size() > REMEMBERED_ROOMS;
        }
    };

    /** What this node does, or did, to settle one version of a room. */
    private final class Running {
        private final RoomRecord record;
        private final AtomicBoolean begun = new AtomicBoolean();
        private final CompletableFuture<Long> settled = new CompletableFuture<>();

        Running(RoomRecord record) {
            this.record = record;
        }

        boolean isOf(RoomRecord other) {
            return record.version() == other.version();
        }

        /** Does it, unless another thread has begun. */
        void run(Deadline deadline) {
            if (begun.compareAndSet(false, true)) {
                settled.completeAsync(() -> settleLogged(record, deadline), Runnable::run);
            }
        }
    }

    Settling(Buckets buckets, RoomView view, Executor background) {
        this.buckets = buckets;
        this.view = view;
        this.background = background;
    }

    /** Begins to settle a record just committed; {@link #settle} finishes what fails or does not come to it. */
    void begin(RoomRecord record) {
        Running running = new Running(record);
        synchronized (recent) {
            recent.remove(record.roomId());
            recent.put(record.roomId(), running);
        }
        try {
            background.execute(() -> running.run(buckets.deadline()));
        } catch (RejectedExecutionException e) {
            synchronized (recent) {
                recent.remove(record.roomId(), running);
            }
            LOG.debug("left to the next change or the next repair: the settling of room {}", record.roomId());
        }
    }

    /**
     * Returns when the record's last change is settled.
     *
     * @return up to where the members bucket has it
     * @throws StoreUnavailableException when it could not be settled in time; that harms nothing
     */
    long settle(RoomRecord record, Deadline deadline) {
        OptionalLong seen = view.settled(record);
        if (seen.isPresent()) {
            return seen.getAsLong();
        }
        return running(record, deadline).orElseGet(() -> settleNow(record, deadline));
    }

    /** Whether this node is at it, or was a moment ago. */
    boolean isRunning(RoomRecord record) {
        synchronized (recent) {
            Running running = recent.get(record.roomId());
            return running != null && running.isOf(record) && !running.settled.isDone();
        }
    }

    private Optional<Long> running(RoomRecord record, Deadline deadline) {
        Running running;
        synchronized (recent) {
            running = recent.get(record.roomId());
        }
        if (running == null || !running.isOf(record)) {
            return Optional.empty();
        }
        running.run(deadline);
        try {
            return Optional.of(running.settled.get(deadline.left().toNanos(), TimeUnit.NANOSECONDS));
        } catch (ExecutionException | TimeoutException e) {
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreUnavailableException("the wait for the room's last change was interrupted", e);
        }
    }

    private long settleLogged(RoomRecord record, Deadline deadline) {
        try {
            return settleNow(record, deadline);
        } catch (RuntimeException e) {
            LOG.debug("left to the next change or the next repair: the settling of room {}", record.roomId(), e);
            throw e;
        }
    }

    private long settleNow(RoomRecord record, Deadline deadline) {
        OptionalLong seen = view.settled(record);
        if (seen.isPresent() || hasChangedSince(record)) {
            return seen.orElse(0);
        }
        deadline.check("to settle the last change of room " + record.roomId());
        try {
            putKeysAndIndex(record, deadline);
            return putMembers(record, deadline);
        } catch (OutcomeUnknownException e) {
            throw new StoreUnavailableException("the room's last change could not be settled: " + e.getMessage(), e);
        }
    }

    /** Then the change was settled, because the next one is only made after that. */
    private boolean hasChangedSince(RoomRecord record) {
        return view.record(record.roomId())
                .filter(held -> held.value().version() > record.version())
                .isPresent();
    }

    private void putKeysAndIndex(RoomRecord record, Deadline deadline) {
        List<CompletableFuture<OptionalLong>> writes = new ArrayList<>();
        record.delta().joined().forEach((endpoint, joined) -> {
            joined.sealedKey()
                    .ifPresent(key -> writes.add(buckets.writes()
                            .put(
                                    Bucket.ROOM_KEYS,
                                    record.sealedKey(endpoint),
                                    RoomKeys.toJson(key),
                                    Expectation.NOTHING)));
            writes.add(buckets.writes()
                    .put(
                            Bucket.ROOMS_BY_MEMBER,
                            Keys.roomByMember(endpoint, record.roomId()),
                            indexEntry(record.version()),
                            Expectation.NOTHING));
        });
        record.delta()
                .left()
                .forEach(endpoint -> writes.add(buckets.writes()
                        .delete(
                                Bucket.ROOMS_BY_MEMBER,
                                Keys.roomByMember(endpoint, record.roomId()),
                                Expectation.NOTHING)));
        writes.forEach(write -> buckets.certain(write, deadline));
    }

    static byte[] indexEntry(long version) {
        return JsonWriter.object(json -> json.field("version", version));
    }

    private long putMembers(RoomRecord record, Deadline deadline) {
        Map<Endpoint, CompletableFuture<OptionalLong>> writes = new LinkedHashMap<>();
        long settled = 0;
        for (Endpoint endpoint : record.delta().endpoints()) {
            Optional<Held<MemberRecord>> held = view.memberRecord(record.roomId(), endpoint);
            if (held.isPresent() && held.get().value().version() >= record.version()) {
                settled = Math.max(settled, held.get().revision());
            } else {
                writes.put(
                        endpoint,
                        putMember(record, endpoint, held.map(Held::revision).orElse(0L)));
            }
        }
        for (Map.Entry<Endpoint, CompletableFuture<OptionalLong>> write : writes.entrySet()) {
            OptionalLong revision = buckets.certain(write.getValue(), deadline);
            settled = Math.max(
                    settled, revision.isPresent() ? revision.getAsLong() : insist(record, write.getKey(), deadline));
        }
        return settled;
    }

    private CompletableFuture<OptionalLong> putMember(RoomRecord record, Endpoint endpoint, long expected) {
        Optional<Member> member =
                Optional.ofNullable(record.delta().joined().get(endpoint)).map(Delta.Joined::member);
        return buckets.writes()
                .put(
                        Bucket.MEMBERS,
                        Keys.member(record.roomId(), endpoint),
                        new MemberRecord(record.version(), member).toJson(),
                        new Expectation.KeyAt(expected));
    }

    /**
     * Puts a member record although something else was there than the view knew of, or was still on its way to the quorum:
     * what came first is in the view behind a fence.
     */
    private long insist(RoomRecord record, Endpoint endpoint, Deadline deadline) {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            Optional<Held<MemberRecord>> held =
                    Buckets.lookBehind(buckets.members(), () -> view.memberRecord(record.roomId(), endpoint), deadline);
            if (held.isPresent() && held.get().value().version() >= record.version()) {
                return held.get().revision();
            }
            long expected = held.isPresent() ? held.get().revision() : removed(record, endpoint, deadline);
            OptionalLong revision = buckets.certain(putMember(record, endpoint, expected), deadline);
            if (revision.isPresent()) {
                return revision.getAsLong();
            }
        }
        throw new StoreUnavailableException(
                "others keep writing the record of member " + endpoint + " in room " + record.roomId() + "; try again",
                null);
    }

    /** The revision at which the key of a member was removed, or 0 when it never had a value. */
    private long removed(RoomRecord record, Endpoint endpoint, Deadline deadline) {
        Optional<Entry> entry = buckets.reads().atLeader(Bucket.MEMBERS, Keys.member(record.roomId(), endpoint));
        // What was removed may be the mark of a later version, so its place is only taken while the room is at this
        // one.
        checkStillAt(record, deadline);
        return entry.map(Entry::revision).orElse(0L);
    }

    private void checkStillAt(RoomRecord record, Deadline deadline) {
        boolean same = Buckets.lookBehind(buckets.rooms(), () -> view.record(record.roomId()), deadline)
                .filter(held -> held.value().version() == record.version())
                .isPresent();
        if (!same) {
            throw new StoreUnavailableException("room " + record.roomId() + " has changed meanwhile; try again", null);
        }
    }
}
