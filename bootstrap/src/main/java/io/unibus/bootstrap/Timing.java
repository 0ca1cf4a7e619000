package io.unibus.bootstrap;

import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;

/** The only sources of elapsed time and chance here. */
record Timing(LongSupplier nanoTime, Sleeper sleeper, DoubleSupplier random) {
    static Timing system() {
        return new Timing(System::nanoTime, Thread::sleep, new java.util.Random()::nextDouble);
    }

    long millisSince(long nanos) {
        return (nanoTime.getAsLong() - nanos) / 1_000_000;
    }
}
