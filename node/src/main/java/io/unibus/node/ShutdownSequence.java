package io.unibus.node;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
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
            ExecutorService executor = Executors.newCachedThreadPool(work -> {
                Thread thread = new Thread(work, "shutdown");
                thread.setDaemon(true);
                return thread;
            });
            while (!steps.isEmpty()) {
                run(steps.pop(), executor);
            }
            executor.shutdown();
        }
    }

    private static void run(Step step, ExecutorService executor) {
        Future<?> done = executor.submit(step.action());
        try {
            done.get(step.limit().toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            log.warn("stopping the {} failed", step.name(), e.getCause());
        } catch (TimeoutException e) {
            log.warn(
                    "stopping the {} took longer than {} ms; going on without",
                    step.name(),
                    step.limit().toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
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
