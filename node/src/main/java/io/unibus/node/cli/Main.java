package io.unibus.node.cli;

import io.unibus.node.Logs;
import io.unibus.node.Node;
import io.unibus.node.host.ExitCode;
import io.unibus.node.host.FatalException;
import io.unibus.store.snapshot.Progress;
import java.io.PrintWriter;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import picocli.CommandLine;

/** Where the program begins, and its shutdown hooks: a process has at most one of them. */
public final class Main {
    /** How long work that is asked to end may take to remove what it has not finished. */
    private static final long WORK_END_SECONDS = 2;

    private Main() {}

    public static void main(String[] args) {
        CommandLine unibus = Unibus.commandLine();
        System.exit(unibus.execute(args));
    }

    /**
     * Runs a node until it is asked to stop or cannot go on. A signal makes it stop in order and the process end with 0.
     *
     * @param thenStop whether to stop as soon as it serves
     * @return the exit code
     */
    static int runNode(Node node, boolean thenStop) {
        AtomicInteger exitCode = new AtomicInteger(ExitCode.OK.code());
        Thread hook = new Thread(
                () -> {
                    try {
                        node.stop();
                        Logs.flush();
                    } finally {
                        Runtime.getRuntime().halt(exitCode.get());
                    }
                },
                "shutdown-hook");
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            System.out.println(node.start());
            if (!thenStop) {
                node.awaitEnd();
            }
        } catch (FatalException e) {
            if (!node.isStopping()) {
                exitCode.set(e.exitCode().code());
                throw e;
            }
        } catch (RuntimeException | Error e) {
            if (!node.isStopping()) {
                exitCode.set(ExitCode.UNEXPECTED.code());
                throw e;
            }
        } finally {
            node.stop();
        }
        return exitCode.get();
    }

    /** Work that takes long. A failing progress, or the interrupt of its thread, tells it to end. */
    interface Work {
        /** Returns the exit code. */
        int run(Progress progress);
    }

    /**
     * Runs work to its end, or until the process is asked to end: then the process says so, and ends with
     * {@link ExitCode#INTERRUPTED}.
     *
     * @param err for people; where it is a terminal it shows how far the work is
     * @param whatNow what was done and what to do next, if it was not run to its end
     */
    static int runWork(PrintWriter err, String whatNow, Work work) {
        Thread worker = Thread.currentThread();
        Progress shown = ProgressLine.onTerminal(err);
        CountDownLatch ended = new CountDownLatch(1);
        Thread hook = new Thread(
                () -> {
                    try {
                        worker.interrupt();
                        awaitEndOfWork(ended);
                        err.println();
                        err.println("unibus: interrupted. " + whatNow);
                        err.flush();
                    } finally {
                        Runtime.getRuntime().halt(ExitCode.INTERRUPTED.code());
                    }
                },
                "shutdown-hook");
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            return work.run((step, done, total) -> {
                if (worker.isInterrupted()) {
                    throw new CancellationException("asked to end");
                }
                shown.at(step, done, total);
            });
        } finally {
            ended.countDown();
            leaveTo(hook);
        }
    }

    private static void awaitEndOfWork(CountDownLatch ended) {
        try {
            var unused = ended.await(WORK_END_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Takes the hook away; when it runs already it ends the process, and nothing else is to be said meanwhile. */
    private static void leaveTo(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            new Semaphore(0).acquireUninterruptibly(); // until the hook ends the process
        }
    }
}
