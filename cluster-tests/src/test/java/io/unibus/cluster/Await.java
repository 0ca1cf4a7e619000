package io.unibus.cluster;

import java.time.Duration;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Waiting for conditions of other processes: looked at again and again, never longer than a limit. */
final class Await {
    private static final long STEP_MILLIS = 5;

    private Await() {}

    /** How long it took. */
    static Duration until(String what, Duration limit, BooleanSupplier condition) {
        long begin = System.nanoTime();
        value(what, limit, () -> condition.getAsBoolean() ? Optional.of(true) : Optional.empty());
        return Duration.ofNanos(System.nanoTime() - begin);
    }

    static <T> T value(String what, Duration limit, Supplier<Optional<T>> source) {
        long begin = System.nanoTime();
        while (true) {
            Optional<T> value = source.get();
            if (value.isPresent()) {
                return value.get();
            }
            if (System.nanoTime() - begin > limit.toNanos()) {
                throw new AssertionError("waited " + limit.toMillis() + " ms in vain for " + what);
            }
            pause(Duration.ofMillis(STEP_MILLIS));
        }
    }

    /** For moments chosen at random; conditions are waited for with {@link #until}. */
    static void pause(Duration time) {
        try {
            Thread.sleep(time.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }
}
