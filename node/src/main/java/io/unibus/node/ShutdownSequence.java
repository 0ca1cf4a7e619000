package io.unibus.node;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What must be undone when the node stops: steps run in the reverse of the order in which they were added, each within
 * its own limit, and none is left out because another failed. Thread-safe; runs once.
 */
final class ShutdownSequence {
    private static final Logger log = LoggerFactory.getLogger(ShutdownSequence.class);

    private final Deque<Step> steps = new ArrayDeque<>();
    private boolean begun;

    private record Step(String name, Duration limit, Runnable action) {}

    /**
     * Adds the undoing of what is about to be done.
     *
     * @throws StoppedException when the shutdown has begun: whatever it was must not be done any more
     */
    synchronized void add(String name, Duration limit, Runnable action) {
        if (begun) {
            throw new StoppedException();
        }
        steps.push(new Step(name, limit, action));
    }

    /** Runs all steps; a second call waits for the first and does nothing. */
    void run() {
        synchronized (this) {
            begun = true;
        }
        runSteps();
    }

    synchronized boolean hasBegun() {
        return begun;
    }

    private void runSteps() {
        synchronized (steps) {
            while (!steps.isEmpty()) {
                run(steps.pop());
            }
        }
    }

    /** Whatever goes wrong, a report included, the next step's turn comes. */
    private static void run(Step step) {
        try {
            if (!runWithin(step)) {
                log.warn(
                        "stopping the {} took longer than {} ms; going on without",
                        step.name(),
                        step.limit().toMillis());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            report(step, e.getCause());
        } catch (RuntimeException | Error e) {
            report(step, e);
        }
    }

    private static void report(Step step, @Nullable Throwable failure) {
        try {
            log.warn("stopping the {} failed", step.name(), failure);
        } catch (RuntimeException | Error e) {
            System.err.println("stopping the " + step.name() + " failed: " + failure);
        }
    }

    /** Whether the step ended in time; one that did not goes on in its thread, which keeps no process from ending. */
    private static boolean runWithin(Step step) throws InterruptedException, ExecutionException {
        CompletableFuture<Void> done = new CompletableFuture<>();
        Thread thread = new Thread(
                () -> {
                    try {
                        step.action().run();
                        done.complete(null);
                    } catch (RuntimeException | Error e) {
                        done.completeExceptionally(e);
                    }
                },
                "shutdown-" + step.name());
        thread.setDaemon(true);
        thread.start();
        try {
            done.get(step.limit().toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        }
    }

    /** The node is being stopped while it starts. */
    static final class StoppedException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        StoppedException() {
            super("the node is being stopped", null, false, false);
        }
    }
}
