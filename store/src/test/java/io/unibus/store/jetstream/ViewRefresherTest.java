package io.unibus.store.jetstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.store.QuorumUnconfirmedException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

final class ViewRefresherTest {
    private final Queue<Runnable> tasks = new ArrayDeque<>();
    private final SilentFence users = new SilentFence();
    private final SilentFence rooms = new SilentFence();
    private final ViewRefresher refresher = new ViewRefresher(this::later, List.of(users, rooms));

    /** A fence without a quorum. */
    private static final class SilentFence implements Fence {
        int asked;

        @Override
        public CompletableFuture<Confirmation> ask() {
            throw new AssertionError("an old confirmation shows no gap");
        }

        @Override
        public CompletableFuture<Confirmation> askNow() {
            asked++;
            return CompletableFuture.failedFuture(new QuorumUnconfirmedException("nobody there", null));
        }

        @Override
        public void awaitApplied(long revision) {
            throw new AssertionError("nothing was written");
        }
    }

    @Test
    void eachFenceIsAskedAgainAndAgainWhateverItSays() {
        assertThat(tasks).as("nobody listens").isEmpty();
        refresher.start();
        refresher.start();
        for (int i = 1; i <= 3; i++) {
            assertThat(users.asked).isEqualTo(i);
            assertThat(rooms.asked).isEqualTo(i);
            assertThat(tasks).hasSize(1);
            tasks.remove().run();
        }
    }

    private void later(Duration delay, Runnable task) {
        assertThat(delay).isLessThan(Duration.ofSeconds(1));
        tasks.add(task);
    }
}
