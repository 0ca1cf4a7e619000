package io.unibus.store.jetstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.unibus.store.StoreUnavailableException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** What a feed makes of messages that come, come late, twice or not at all. Repairs are run by hand. */
class FeedTest {
    private static final Instant START = Instant.parse("2026-11-21T08:50:00Z");

    private final FakeStream stream = new FakeStream();
    private final Recorder recorder = new Recorder();
    private final Feed feed = new Feed(Bucket.ROOMS, stream, stream, stream, recorder);

    /** A stream with history 1, what a replica has of it, and the session with a server. */
    private static class FakeStream implements Live, Reads, Inspection {
        final TreeMap<Long, Entry> replica = new TreeMap<>();
        Session session = new Session("connection", "server", 0);
        Instant created = START;
        long lastSequence;
        boolean unreachable;

        Entry write(String key, String value) {
            Entry entry = entry(++lastSequence, key, value);
            replica.values().removeIf(old -> old.key().equals(key));
            replica.put(entry.revision(), entry);
            return entry;
        }

        @Override
        public Session attach(Consumer<Entry> sink) {
            return session;
        }

        @Override
        public Session session() {
            return session;
        }

        @Override
        public Optional<Entry> anywhere(Bucket bucket, String key) {
            throw new AssertionError("feeds read pages");
        }

        @Override
        public Map<String, Entry> anywhere(Bucket bucket, Collection<String> keys) {
            throw new UnsupportedOperationException("a feed reads pages");
        }

        @Override
        public Optional<Entry> atLeader(Bucket bucket, String key) {
            throw new AssertionError("feeds read pages");
        }

        @Override
        public Page page(Bucket bucket, long fromSequence, int limit) {
            if (unreachable) {
                throw new StoreUnavailableException("nobody there", null);
            }
            List<Entry> all = List.copyOf(replica.tailMap(fromSequence, true).values());
            List<Entry> page = all.subList(0, Math.min(2, all.size()));
            return new Page(page, all.size() - page.size());
        }

        @Override
        public Facts facts(Bucket bucket) {
            return new Facts(created, lastSequence);
        }

        @Override
        public void close() {}
    }

    private static Entry entry(long revision, String key, String value) {
        return new Entry(key, value.getBytes(StandardCharsets.UTF_8), revision, false, START.plusMillis(revision));
    }

    private boolean isWhole() {
        return feed.whole().isDone();
    }

    @Test
    void theFirstRepairReadsTheBucketPageByPage() {
        for (int i = 0; i < 5; i++) {
            stream.write("k" + i, "v");
        }
        assertThat(isWhole()).isFalse();
        assertThat(feed.repair()).isTrue();
        assertThat(isWhole()).isTrue();
        assertThat(recorder.records()).hasSize(5);
        assertThat(feed.applied()).isEqualTo(5);
    }

    @Test
    void whatFollowsIsAppliedAtOnceAndWithoutARepair() {
        feed.repair();
        Tail.Mark mark = feed.whole().join();
        CompletableFuture<Void> reached = feed.reached(2);
        feed.receive(stream.write("a", "1"));
        assertThat(reached).isNotDone();
        feed.receive(stream.write("a", "2"));
        assertThat(reached).isCompleted();
        assertThat(recorder.value("a")).isEqualTo("2");
        assertThat(feed.stands(mark)).isTrue();
    }

    @Test
    void aGapEndsAllMarksAndNothingBehindItIsAppliedUntilItIsRead() {
        feed.repair();
        Tail.Mark mark = feed.whole().join();
        stream.write("a", "1");
        feed.receive(stream.write("b", "2"));
        assertThat(feed.stands(mark)).isFalse();
        assertThat(isWhole()).isFalse();
        assertThat(recorder.records()).isEmpty();

        assertThat(feed.repair()).isTrue();

        assertThat(recorder.records()).isEqualTo(Map.of("a", "1", "b", "2"));
        assertThat(feed.stands(mark)).isFalse();
        assertThat(feed.whole().join().generation()).isNotEqualTo(mark.generation());
    }

    @Test
    void aReplicaThatLagsDoesNotCloseAGap() {
        feed.repair();
        Entry missed = stream.write("a", "1");
        Entry seen = stream.write("b", "2");
        stream.replica.clear();
        feed.receive(seen);
        assertThat(feed.repair()).isFalse();
        assertThat(isWhole()).isFalse();

        stream.replica.put(missed.revision(), missed);
        assertThat(feed.repair()).isTrue();
        assertThat(recorder.records()).hasSize(2);
    }

    @Test
    void anAcknowledgedRevisionThatDoesNotComeIsFetched() {
        feed.repair();
        stream.write("a", "1");
        CompletableFuture<Void> reached = feed.reached(1);
        feed.fetch(1);
        assertThat(isWhole()).isFalse();
        assertThat(feed.repair()).isTrue();
        assertThat(reached).isCompleted();
        feed.fetch(1);
        assertThat(isWhole()).isTrue();
    }

    @Test
    void messagesThatComeDuringARepairAreKept() {
        feed.repair();
        Entry missed = stream.write("a", "1");
        stream.unreachable = true;
        feed.receive(stream.write("b", "2"));
        assertThatThrownBy(feed::repair).isInstanceOf(StoreUnavailableException.class);
        feed.receive(stream.write("c", "3"));
        stream.unreachable = false;
        stream.replica.clear();
        stream.replica.put(missed.revision(), missed);
        assertThat(feed.repair()).isTrue();
        assertThat(recorder.records()).hasSize(3);
    }

    @Test
    void aFloodDuringARepairIsReadAgain() {
        stream.unreachable = true;
        for (int i = 0; i < 10_500; i++) {
            feed.receive(stream.write("k" + i % 50, "v" + i));
        }
        stream.unreachable = false;
        assertThat(feed.repair()).isTrue();
        assertThat(feed.applied()).isEqualTo(10_500);
        assertThat(recorder.value("k49")).isEqualTo("v10499");
        assertThat(recorder.records()).hasSize(50);
    }

    @Test
    void messagesThatARepairOvertookAreNoNews() {
        Entry late = stream.write("a", "1");
        stream.write("a", "2");
        feed.repair();
        Tail.Mark mark = feed.whole().join();
        feed.receive(late);
        assertThat(feed.stands(mark)).isTrue();
        assertThat(recorder.value("a")).isEqualTo("2");
    }

    @Test
    void anotherSessionIsRepairedBeforeTheNextFence() {
        feed.repair();
        stream.session = new Live.Session("connection", "server", 1);
        assertThat(isWhole()).isFalse();
        assertThat(feed.repair()).isTrue();
        assertThat(isWhole()).isTrue();
    }

    @Test
    void anotherStreamIsReadFromNothing() {
        stream.write("old", "1");
        feed.repair();
        Tail.Mark mark = feed.whole().join();
        stream.replica.clear();
        stream.lastSequence = 0;
        stream.created = START.plusSeconds(1);
        Entry first = new Entry("new", new byte[0], ++stream.lastSequence, false, START.plusSeconds(2));
        stream.replica.put(1L, first);
        feed.receive(first);
        assertThat(feed.stands(mark)).isFalse();
        assertThat(feed.repair()).isTrue();
        assertThat(recorder.records()).containsOnlyKeys("new");
        assertThat(recorder.clears()).isEqualTo(2);
    }

    @Test
    void aStreamThatIsReplacedDuringARepairIsReadOnceMore() {
        stream.write("old", "1");
        stream.write("old2", "1");
        FakeStream replacing = new FakeStream() {
            private int asked;

            @Override
            public Facts facts(Bucket bucket) {
                asked++;
                return new Facts(asked == 1 ? START : START.plusSeconds(1), 1);
            }
        };
        replacing.replica.putAll(stream.replica);
        Feed other = new Feed(Bucket.ROOMS, replacing, replacing, replacing, recorder);
        assertThat(other.repair()).isFalse();
        replacing.replica.clear();
        replacing.replica.put(1L, entry(1, "new", "1"));
        assertThat(other.repair()).isTrue();
        assertThat(recorder.records()).containsOnlyKeys("new");
        other.close();
    }

    @Test
    void aRevisionThatTheLeaderDoesNotKnowIsNotWaitedForForEver() {
        feed.repair();
        feed.receive(entry(500, "phantom", "1"));
        assertThat(isWhole()).isFalse();
        assertThat(feed.repair()).isTrue();
        assertThat(recorder.records()).isEmpty();
    }

    @Test
    void closingEndsWhoWaits() {
        CompletableFuture<Tail.Mark> whole = feed.whole();
        CompletableFuture<Void> reached = feed.reached(9);
        feed.close();
        assertThat(whole).isCompletedExceptionally();
        assertThat(reached).isCompletedExceptionally();
        assertThat(feed.whole()).isCompletedExceptionally();
    }
}
