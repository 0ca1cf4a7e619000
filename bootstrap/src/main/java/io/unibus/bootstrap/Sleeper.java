package io.unibus.bootstrap;

/** Waits. In tests it does not. */
@FunctionalInterface
interface Sleeper {
    void sleep(long millis) throws InterruptedException;
}
