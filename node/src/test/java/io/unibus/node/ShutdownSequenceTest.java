package io.unibus.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class ShutdownSequenceTest {
    private static final Duration LONG = Duration.ofSeconds(30);

    private final List<String> done = new CopyOnWriteArrayList<>();
    private final ShutdownSequence shutdown = new ShutdownSequence();

    @Test
    void stepsRunInReverseOrder() {
        shutdown.add("lock", LONG, () -> done.add("lock"));
        shutdown.add("child", LONG, () -> done.add("child"));
        shutdown.add("http", LONG, () -> done.add("http"));

        shutdown.run();

        assertThat(done).containsExactly("http", "child", "lock");
    }

    @Test
    void aStepThatFailsKeepsNoOtherFromRunning() {
        shutdown.add("lock", LONG, () -> done.add("lock"));
        shutdown.add("child", LONG, () -> {
            throw new IllegalStateException("the child does not end");
        });

        shutdown.run();

        assertThat(done).containsExactly("lock");
    }

    @Test
    void aStepThatHangsIsLeftBehindAfterItsLimit() {
        CountDownLatch never = new CountDownLatch(1);
        shutdown.add("lock", LONG, () -> done.add("lock"));
        shutdown.add("child", Duration.ofMillis(20), () -> awaitForever(never));

        shutdown.run();

        assertThat(done).containsExactly("lock");
    }

    @Test
    void theSecondRunDoesNothing() {
        shutdown.add("lock", LONG, () -> done.add("lock"));

        shutdown.run();
        shutdown.run();

        assertThat(done).containsExactly("lock");
    }

    @Test
    void nothingIsBegunOnceTheShutdownHas() {
        shutdown.run();

        assertThat(shutdown.hasBegun()).isTrue();
        assertThatThrownBy(() -> shutdown.add("http", LONG, () -> done.add("http")))
                .isInstanceOf(ShutdownSequence.StoppedException.class);
        assertThat(done).isEmpty();
    }

    private static void awaitForever(CountDownLatch never) {
        try {
            never.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
