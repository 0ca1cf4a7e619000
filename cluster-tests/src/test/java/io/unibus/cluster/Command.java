package io.unibus.cluster;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Short commands of the host, such as mount(8) and ip(8). */
final class Command {
    private Command() {}

    /** Runs it to its end. What it complained of; empty when it was successful. */
    static String problemOf(List<String> command) {
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            return process.waitFor() == 0 ? "" : said + " (exit code " + process.exitValue() + ")";
        } catch (IOException e) {
            return e.toString();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** Runs it to its end and fails when it does. */
    static void run(List<String> command) {
        String problem = problemOf(command);
        if (!problem.isEmpty()) {
            throw new AssertionError(String.join(" ", command) + ": " + problem);
        }
    }
}
