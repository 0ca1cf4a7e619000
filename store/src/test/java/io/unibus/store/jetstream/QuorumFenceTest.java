package io.unibus.store.jetstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.store.QuorumUnconfirmedException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.OptionalLong;
import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** How a fence is shared, ages and is lost; time passes by hand. */
class QuorumFenceTest {
    private static final Duration OPERATION = Duration.ofSeconds(2);

    private final Clock clock = new Clock();
    private final FakeTail tail = new FakeTail();
    private final Puts puts = new Puts();

    private static final class Clock implements Timer {
        private record Task(long at, long order, Runnable work) {}

        private final PriorityQueue<Task> tasks =
                new PriorityQueue<>(Comparator.comparingLong(Task::at).thenComparingLong(Task::order));
        private long now = 1_000;
        private long order;

        @Override
        public void after(Duration delay, Runnable task) {
            tasks.add(new Task(now + delay.toNanos(), order++, task));
        }

        void pass(Duration time) {
            long end = now + time.toNanos();
            while (!tasks.isEmpty() && tasks.peek().at() <= end) {
                Task task = tasks.remove();
                now = Math.max(now, task.at());
                task.work().run();
            }
            now = end;
        }

        /** Time passes, and nothing of this process runs. */
        void pauseProcess(Duration time) {
            now += time.toNanos();
        }
    }

    private static final class FakeTail implements Tail {
        long generation;
        long applied;
        boolean holdsBack;
        int fetches;
        int rebuilds;
        CompletableFuture<Void> repair = CompletableFuture.completedFuture(null);
        final List<CompletableFuture<Void>> waiting = new ArrayList<>();

        @Override
        public CompletableFuture<Mark> whole() {
            return repair.thenApply(done -> new Mark(generation, applied));
        }

        @Override
        public boolean stands(Mark mark) {
            return mark.generation() == generation;
        }

        @Override
        public CompletableFuture<Void> reached(long revision) {
            if (!holdsBack) {
                applied = Math.max(applied, revision);
                return CompletableFuture.completedFuture(null);
            }
            CompletableFuture<Void> future = new CompletableFuture<>();
            waiting.add(future);
            return future;
        }

        @Override
        public void fetch(long revision) {
            fetches++;
        }

        @Override
        public void rebuild() {
            rebuilds++;
            generation++;
            applied = 0;
        }
    }

    private static final class Puts implements Writes {
        final Deque<CompletableFuture<OptionalLong>> open = new ArrayDeque<>();
        int count;
        long revision;

        @Override
        public CompletableFuture<OptionalLong> put(Bucket bucket, String key, byte[] value, Expectation expectation) {
            count++;
            CompletableFuture<OptionalLong> put = new CompletableFuture<>();
            open.add(put);
            return put;
        }

        @Override
        public CompletableFuture<OptionalLong> putAll(Bucket bucket, List<BatchPut> puts) {
            throw new UnsupportedOperationException("a fence writes no batch");
        }

        @Override
        public CompletableFuture<OptionalLong> delete(Bucket bucket, String key, Expectation expectation) {
            throw new AssertionError("fences are put");
        }

        void acknowledge() {
            open.remove().complete(OptionalLong.of(++revision));
        }
    }

    private QuorumFence fence(Duration staleness) {
        return new QuorumFence(
                Bucket.ROOMS, tail, puts, clock, () -> clock.now, new QuorumFence.Limits(OPERATION, staleness), "n0");
    }

    private static void assertRefused(CompletableFuture<?> asked) {
        assertThat(asked).isCompletedExceptionally();
        assertThat(asked.handle((value, failure) ->
                                failure instanceof java.util.concurrent.CompletionException e ? e.getCause() : failure)
                        .join())
                .isInstanceOf(QuorumUnconfirmedException.class);
    }

    @Test
    void readersOfOneMomentShareOneWriteAndLaterOnesTheNext() {
        QuorumFence fence = fence(Duration.ZERO);
        List<CompletableFuture<Fence.Confirmation>> first = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            first.add(fence.ask());
        }
        clock.pass(Duration.ofMillis(1));
        List<CompletableFuture<Fence.Confirmation>> second = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            second.add(fence.ask());
        }
        assertThat(puts.count).isEqualTo(1);
        puts.acknowledge();
        assertThat(first).allMatch(CompletableFuture::isDone);
        assertThat(second).noneMatch(CompletableFuture::isDone);
        assertThat(puts.count).isEqualTo(2);
        puts.acknowledge();
        assertThat(second).allMatch(CompletableFuture::isDone);
        assertThat(puts.count).isEqualTo(2);
    }

    @Test
    void aYoungFenceIsEnoughAndTheNextIsMadeAhead() {
        QuorumFence fence = fence(Duration.ofSeconds(2));
        var unused = fence.ask();
        puts.acknowledge();
        clock.pass(Duration.ofMillis(900));
        assertThat(fence.ask()).isCompleted();
        assertThat(puts.count).isEqualTo(1);
        clock.pass(Duration.ofMillis(200));
        assertThat(fence.ask()).isCompleted();
        assertThat(puts.count).isEqualTo(2);
        puts.acknowledge();
        clock.pass(Duration.ofMillis(1_900));
        assertThat(fence.ask()).isCompleted();
        clock.pass(Duration.ofMillis(200));
        assertThat(fence.ask()).isNotDone();
    }

    @Test
    void askingNowNeedsAWriteThatBeginsNow() {
        QuorumFence fence = fence(Duration.ofSeconds(2));
        var unused = fence.ask();
        puts.acknowledge();
        clock.pass(Duration.ofMillis(1));
        CompletableFuture<Fence.Confirmation> now = fence.askNow();
        assertThat(now).isNotDone();
        puts.acknowledge();
        assertThat(now).isCompleted();
    }

    @Test
    void aPausedProcessDoesNotGiveAnOldAnswer() {
        QuorumFence fence = fence(Duration.ofSeconds(1));
        CompletableFuture<Fence.Confirmation> asked = fence.ask();
        puts.acknowledge();
        Fence.Confirmation confirmation = asked.join();
        assertThat(confirmation.holds()).isTrue();
        clock.pauseProcess(Duration.ofMillis(1_001));
        assertThat(confirmation.holds()).isFalse();
        assertThat(fence.ask()).isNotDone();
    }

    @Test
    void anAcknowledgementThatComesAfterAPauseIsAsOldAsItsBeginning() {
        QuorumFence fence = fence(Duration.ofSeconds(1));
        CompletableFuture<Fence.Confirmation> asked = fence.ask();
        clock.pauseProcess(Duration.ofSeconds(30));
        puts.acknowledge();
        assertThat(asked.join().holds()).isFalse();
        assertThat(fence.ask()).isNotDone();
    }

    @Test
    void anAcknowledgedFenceIsNoneBeforeTheViewHasIt() {
        tail.holdsBack = true;
        QuorumFence fence = fence(Duration.ZERO);
        CompletableFuture<Fence.Confirmation> asked = fence.ask();
        puts.acknowledge();
        assertThat(asked).isNotDone();
        clock.pass(Duration.ofMillis(49));
        assertThat(tail.fetches).isZero();
        clock.pass(Duration.ofMillis(2));
        assertThat(tail.fetches).isEqualTo(1);
        tail.waiting.forEach(waiting -> waiting.complete(null));
        assertThat(asked).isCompleted();
    }

    @Test
    void aFenceFromBeforeARepairDoesNotCount() {
        tail.holdsBack = true;
        QuorumFence fence = fence(Duration.ofSeconds(2));
        CompletableFuture<Fence.Confirmation> asked = fence.ask();
        puts.acknowledge();
        tail.generation++;
        tail.holdsBack = false;
        tail.waiting.forEach(waiting -> waiting.complete(null));
        assertThat(asked).isNotDone();
        clock.pass(Duration.ofMillis(50));
        assertThat(puts.count).isEqualTo(2);
        puts.acknowledge();
        assertThat(asked.join().holds()).isTrue();
        tail.generation++;
        assertThat(asked.join().holds()).isFalse();
        assertThat(fence.ask()).isNotDone();
    }

    @Test
    void noFenceBeginsDuringARepair() {
        tail.repair = new CompletableFuture<>();
        QuorumFence fence = fence(Duration.ZERO);
        CompletableFuture<Fence.Confirmation> asked = fence.ask();
        clock.pass(Duration.ofMillis(600));
        assertThat(puts.count).isZero();
        tail.repair.complete(null);
        assertThat(puts.count).isEqualTo(1);
        puts.acknowledge();
        assertThat(asked).isCompleted();
    }

    @Test
    void anAcknowledgementBelowTheViewMeansAnotherStream() {
        tail.applied = 100;
        QuorumFence fence = fence(Duration.ZERO);
        CompletableFuture<Fence.Confirmation> asked = fence.ask();
        puts.acknowledge();
        assertThat(tail.rebuilds).isEqualTo(1);
        assertThat(asked).isNotDone();
        clock.pass(Duration.ofMillis(50));
        puts.acknowledge();
        assertThat(asked).isCompleted();
    }

    @Test
    void aLostQuorumIsSaidAfterTheOperationTimeoutAndThenAtOnce() {
        QuorumFence fence = fence(Duration.ZERO);
        CompletableFuture<Fence.Confirmation> asked = fence.ask();
        clock.pass(OPERATION.minusMillis(1));
        assertThat(asked).isNotDone();
        clock.pass(Duration.ofMillis(1));
        assertRefused(asked);
        assertRefused(fence.ask());
        assertThat(fence.figures().lost()).isTrue();
        assertThat(fence.figures().timesLost()).isEqualTo(1);
        assertThat(puts.count).isLessThanOrEqualTo(9);

        clock.pass(Duration.ofMillis(300));
        puts.open.removeLast().complete(OptionalLong.of(++puts.revision));
        assertThat(fence.figures().lost()).isFalse();
        CompletableFuture<Fence.Confirmation> back = fence.ask();
        assertThat(back).isNotDone();
        clock.pass(Duration.ofMillis(300));
        puts.open.removeLast().complete(OptionalLong.of(++puts.revision));
        assertThat(back).isCompleted();
    }

    @Test
    void attemptsEndWhenNobodyAsksAndTheNextReaderWaitsForOneAgain() {
        QuorumFence fence = fence(Duration.ZERO);
        var unused = fence.ask();
        clock.pass(Duration.ofSeconds(10));
        int count = puts.count;
        clock.pass(Duration.ofSeconds(60));
        assertThat(puts.count).isEqualTo(count);
        CompletableFuture<Fence.Confirmation> asked = fence.ask();
        assertThat(asked).isNotDone();
        assertThat(puts.count).isEqualTo(count + 1);
        puts.open.removeLast().complete(OptionalLong.of(++puts.revision));
        assertThat(asked).isCompleted();
    }

    @Test
    void aSlowWriteIsFollowedByAnotherAndStillCounts() {
        QuorumFence fence = fence(Duration.ZERO);
        CompletableFuture<Fence.Confirmation> asked = fence.ask();
        clock.pass(Duration.ofMillis(300));
        assertThat(puts.count).isEqualTo(2);
        puts.acknowledge();
        assertThat(asked).isCompleted();
    }

    @Test
    void closingRefusesWhoWaits() {
        QuorumFence fence = fence(Duration.ZERO);
        CompletableFuture<Fence.Confirmation> asked = fence.ask();
        fence.close();
        assertRefused(asked);
        assertRefused(fence.ask());
    }
}
