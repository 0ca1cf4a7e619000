package io.unibus.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The command {@code bin/unibus} with the jar of this build, on the Java that runs the tests. */
final class Unibus {
    private static final Path ROOT =
            Path.of(System.getProperty("unibus.root", "..")).toAbsolutePath().normalize();
    private static final Duration COMMAND_LIMIT = Duration.ofSeconds(30);

    private final Path logs;

    Unibus(Path logs) {
        this.logs = logs;
    }

    /** The top of the repository. */
    static Path root() {
        return ROOT;
    }

    /** How a command ended. */
    record Result(int exitCode, String output, String errors) {}

    /** The command, without what this process has in its environment for unibus. */
    ProcessBuilder builder(List<String> arguments) {
        List<String> command =
                new ArrayList<>(List.of(ROOT.resolve("bin/unibus").toString()));
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command).directory(logs.toFile());
        builder.environment().keySet().removeIf(variable -> variable.startsWith("UNIBUS_"));
        builder.environment().put("UNIBUS_JAR", jar().toString());
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        return builder;
    }

    static Path jar() {
        return ROOT.resolve("node/target/unibus.jar");
    }

    /** Runs a command to its end. */
    Result run(String... arguments) {
        return run(builder(List.of(arguments)), COMMAND_LIMIT);
    }

    /** Runs a command to its end. */
    Result run(ProcessBuilder builder, Duration limit) {
        try {
            Path output = Files.createTempFile(logs, "command-", ".out");
            Path errors = Files.createTempFile(logs, "command-", ".err");
            Process process = builder.redirectOutput(output.toFile())
                    .redirectError(errors.toFile())
                    .start();
            process.getOutputStream().close();
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
                throw new AssertionError(builder.command() + " did not end within " + limit.toMillis()
                        + " ms; it said:\n" + Files.readString(errors));
            }
            return new Result(process.exitValue(), Files.readString(output), Files.readString(errors));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }
}
