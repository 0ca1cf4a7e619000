package io.unibus.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.protocol.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A node as a process of its own. Made by {@link Scenario#aNode}, which also ends it and looks at its log. */
final class NodeProcess {
    static final Duration START_LIMIT = Duration.ofSeconds(30);
    static final Duration STOP_LIMIT = Duration.ofSeconds(20);

    private static final Pattern READY = Pattern.compile(
            "node ready http=(\\S+) nats=(\\S+) store=(\\S+) replicas=(\\d+) version=(\\S+) in=([0-9.]+)s");
    private static final String EPHEMERAL = "127.0.0.1:0";

    private final Path dataDirectory;
    private final Process process;
    private final Path log;
    private final CompletableFuture<Ready> ready = new CompletableFuture<>();

    private NodeProcess(Path dataDirectory, Process process, Path log, String name) {
        this.dataDirectory = dataDirectory;
        this.process = process;
        this.log = log;
        Thread reader = new Thread(this::readOutput, name + "-output");
        reader.setDaemon(true);
        reader.start();
    }

    /** What the node said of itself when it was ready. */
    record Ready(URI http, String nats, String store, int replicas, String version, double seconds) {}

    /** What {@code node.json} says. */
    record Announcement(long pid, long childPid, URI http, String nats) {}

    /** How a node is started. */
    static final class Builder {
        private final Scenario scenario;
        private final Map<String, String> environment = new LinkedHashMap<>();
        private final List<String> arguments = new ArrayList<>();
        private List<String> prefix = List.of();
        private String kind = "node";
        private Path dataDirectory;
        private String http = EPHEMERAL;
        private String nats = EPHEMERAL;

        Builder(Scenario scenario) {
            this.scenario = scenario;
            this.dataDirectory = scenario.directory("data");
        }

        Builder in(Path directory) {
            dataDirectory = directory;
            return this;
        }

        Builder http(String address) {
            http = address;
            return this;
        }

        Builder nats(String address) {
            nats = address;
            return this;
        }

        Builder with(String... more) {
            arguments.addAll(List.of(more));
            return this;
        }

        /** Begins the name of its log. */
        Builder named(String begin) {
            kind = begin;
            return this;
        }

        /** A command that runs the node in its place, such as {@code ip netns exec}. */
        Builder through(List<String> command) {
            prefix = List.copyOf(command);
            return this;
        }

        Builder environment(String variable, String value) {
            environment.put(variable, value);
            return this;
        }

        /** Returns at once; the node is then starting. */
        NodeProcess start() {
            List<String> command = new ArrayList<>(List.of("node", "--data-dir", dataDirectory.toString()));
            command.addAll(List.of("--http", http, "--nats", nats));
            command.addAll(arguments);
            String name = scenario.nextName(kind);
            Path log = scenario.logs().resolve(name + ".log");
            try {
                ProcessBuilder builder = scenario.unibus().builder(command).redirectError(log.toFile());
                builder.environment().putAll(environment);
                builder.command().addAll(0, prefix);
                NodeProcess node = new NodeProcess(dataDirectory, builder.start(), log, name);
                scenario.started(node);
                return node;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private void readOutput() {
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                parse(line).ifPresent(ready::complete);
            }
        } catch (IOException e) {
            ready.completeExceptionally(e);
        }
        ready.completeExceptionally(new IOException("the node ended without being ready"));
    }

    private static Optional<Ready> parse(String line) {
        Matcher matcher = READY.matcher(line);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        return Optional.of(new Ready(
                URI.create(matcher.group(1)),
                matcher.group(2),
                matcher.group(3),
                Integer.parseInt(matcher.group(4)),
                matcher.group(5),
                Double.parseDouble(matcher.group(6))));
    }

    Ready awaitReady() {
        return awaitReady(START_LIMIT);
    }

    Ready awaitReady(Duration limit) {
        try {
            return ready.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new AssertionError("the node did not become ready; its log:\n" + log(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    boolean isReady() {
        return ready.isDone() && !ready.isCompletedExceptionally();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    long pid() {
        return process.pid();
    }

    Path dataDirectory() {
        return dataDirectory;
    }

    /** What it wrote to standard error so far. */
    String log() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Path logFile() {
        return log;
    }

    /** Empty while the node does not serve. */
    Optional<Announcement> announcement() {
        try {
            JsonObject json = JsonObject.parse(Files.readAllBytes(announcementFile()));
            return Optional.of(new Announcement(
                    json.requiredLong("pid"),
                    json.requiredLong("child_pid"),
                    URI.create(json.requiredString("http")),
                    json.requiredString("nats")));
        } catch (IOException notThere) {
            return Optional.empty();
        }
    }

    Path announcementFile() {
        return dataDirectory.resolve("node.json");
    }

    /** The nats-server that the node says is its child. */
    Proc child() {
        return announcement()
                .flatMap(node -> Proc.of(node.childPid()))
                .filter(child -> child.executable().startsWith(dataDirectory))
                .orElseThrow(() -> new AssertionError("node.json names no running child"));
    }

    /** Kills the nats-server child with SIGKILL. */
    Proc killChild() {
        Proc child = child();
        child.kill();
        return child;
    }

    /** SIGKILL; returns when the process has ended. */
    void killJvm() {
        process.destroyForcibly();
        awaitExit(Duration.ofSeconds(10));
    }

    /** SIGTERM; returns at once. */
    void terminate() {
        process.destroy();
    }

    int awaitExit(Duration limit) {
        try {
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new AssertionError(
                        "node " + pid() + " did not end within " + limit.toMillis() + " ms; its log:\n" + log());
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** Asks it to end, as an operator does, and expects that it does so in order. How long it took. */
    Duration stop() {
        long begin = System.nanoTime();
        terminate();
        awaitStopped();
        return Duration.ofNanos(System.nanoTime() - begin);
    }

    /** Expects that it ends in order after {@link #terminate}. */
    void awaitStopped() {
        assertThat(awaitExit(STOP_LIMIT)).as("exit code after SIGTERM").isZero();
    }
}
