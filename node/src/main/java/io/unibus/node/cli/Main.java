package io.unibus.node.cli;

import io.unibus.node.Logs;
import io.unibus.node.Node;
import io.unibus.node.host.ExitCode;
import io.unibus.node.host.FatalException;
import java.util.concurrent.atomic.AtomicInteger;
import picocli.CommandLine;

/** Where the program begins, and the one shutdown hook. */
public final class Main {
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
}
