package io.unibus.store.jetstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

final class BackgroundTest {
    @Test
    void tasksRunInTurnOnAnotherThreadAlsoAfterOneThatFailed() throws InterruptedException {
        List<Integer> done = new CopyOnWriteArrayList<>();
        AtomicBoolean byCaller = new AtomicBoolean();
        CountDownLatch last = new CountDownLatch(1);
        Thread caller = Thread.currentThread();
        try (Background background = new Background()) {
            background.execute(() -> {
                done.add(1);
                byCaller.set(Thread.currentThread() == caller);
                throw new AssertionError("as a bug would");
            });
            background.execute(() -> done.add(2));
            background.execute(last::countDown);
            assertThat(last.await(10, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(done).containsExactly(1, 2);
        assertThat(byCaller).isFalse();
    }

    @Test
    void whatHasNotBegunAtTheEndIsNotDone() {
        AtomicBoolean done = new AtomicBoolean();
        Background background = new Background();
        background.execute(() -> done.set(true));
        background.close();
        assertThat(done).isFalse();
        assertThatThrownBy(() -> background.execute(() -> done.set(true)))
                .isInstanceOf(RejectedExecutionException.class);
    }
}
