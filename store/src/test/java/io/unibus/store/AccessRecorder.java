package io.unibus.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.protocol.Endpoint;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;

/** Records what a listener is told, for tests that wait for it. Thread-safe. */
public final class AccessRecorder implements AccessListener {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final Set<Endpoint> endpoints = new TreeSet<>();
    private int any;

    @Override
    public synchronized void accessMayHaveChanged(Endpoint endpoint) {
        endpoints.add(endpoint);
        notifyAll();
    }

    @Override
    public synchronized void anyAccessMayHaveChanged() {
        any++;
        notifyAll();
    }

    /** Waits until these endpoints were told, fails if others were, and forgets them. */
    public synchronized void awaitOnly(Endpoint... expected) {
        await(LIMIT, () -> endpoints.size() >= expected.length);
        assertThat(endpoints).containsExactlyInAnyOrder(expected);
        endpoints.clear();
    }

    /** Waits until an endpoint, or any, was told. */
    public synchronized void await(Endpoint expected, Duration limit) {
        await(limit, () -> endpoints.contains(expected) || any > 0);
    }

    /** Waits until it was told that any access may have changed. */
    public synchronized void awaitAny(Duration limit) {
        await(limit, () -> any > 0);
    }

    /** How often it was told that any access may have changed. */
    public synchronized int any() {
        return any;
    }

    /** The endpoints told so far. */
    public synchronized Set<Endpoint> endpoints() {
        return new TreeSet<>(endpoints);
    }

    public synchronized void forget() {
        endpoints.clear();
        any = 0;
    }

    private synchronized void await(Duration limit, BooleanSupplier condition) {
        long deadline = System.nanoTime() + limit.toNanos();
        try {
            while (!condition.getAsBoolean()) {
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    throw new AssertionError("not told within " + limit + "; told of " + endpoints + ", any " + any);
                }
                wait(left / 1_000_000 + 1);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }
}
