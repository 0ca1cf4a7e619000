package io.unibus.node.cli;

import io.unibus.node.Logs;
import io.unibus.node.Node;
import io.unibus.node.host.ExitCode;
import io.unibus.node.host.FatalException;
import io.unibus.store.snapshot.Progress;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import picocli.CommandLine;

/** Where the program begins, and its shutdown hooks: a process has at most one of them. */
public final class Main {
    /** How long work that is asked to end may take to remove what it has not finished. */
    private static final Duration END_LIMIT = Duration.ofSeconds(2);

    private Main() {}

    public static void main(String[] args) {
        // Nothing here needs the library's native code, which is unpacked into the directory for temporary files, where
        // a
        // killed process leaves it.
        System.setProperty("org.bouncycastle.native.cpu_variant", "java");
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
        Thread.setDefaultUncaughtExceptionHandler(node::threadFailed);
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
     * Runs work to its end, or until a signal asks the process to end: then it says so, and ends as the signal has it.
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
                    worker.interrupt();
                    await(ended);
                    tell(err, "unibus: interrupted. " + whatNow);
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

    private static void await(CountDownLatch ended) {
        try {
            var unused = ended.await(END_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** On a thread of its own: a terminal that was stopped takes nothing, and must not keep the process from ending. */
    private static void tell(PrintWriter err, String message) {
        CountDownLatch told = new CountDownLatch(1);
        Thread teller = new Thread(
                () -> {
                    err.println();
                    err.println(message);
                    err.flush();
                    told.countDown();
                },
                "shutdown-message");
        teller.setDaemon(true);
        teller.start();
        await(told);
    }

    /** Takes the hook away. When it runs already, nothing else is to be said until the process ends with it. */
    private static void leaveTo(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            new Semaphore(0).acquireUninterruptibly();
        }
    }
}
