package io.unibus.embeddednats;

import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;

/** The only sources of time and chance here. */
record Timing(LongSupplier nanoTime, Sleeper sleeper, DoubleSupplier random) {
    static Timing system() {
        return new Timing(System::nanoTime, Thread::sleep, new java.util.Random()::nextDouble);
    }
}
