package io.unibus.store.jetstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class BackgroundTest {
    @Test
    void whatIsTooMuchIsRefusedAndNeverDoneByItsCaller() {
        CountDownLatch busy = new CountDownLatch(1);
        AtomicInteger doneByCaller = new AtomicInteger();
        Thread caller = Thread.currentThread();
        try (Background background = new Background()) {
            assertThatThrownBy(() -> {
                        for (int i = 0; i < 10_000; i++) {
                            background.execute(() -> {
                                if (Thread.currentThread() == caller) {
                                    doneByCaller.incrementAndGet();
                                } else {
                                    awaitUninterrupted(busy);
                                }
                            });
                        }
                    })
                    .isInstanceOf(RejectedExecutionException.class);
        } finally {
            busy.countDown();
        }
        assertThat(doneByCaller).hasValue(0);
    }

    private static void awaitUninterrupted(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
