package io.unibus.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.protocol.Endpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The directory, nodes and commands of one test. Afterwards no process of it may be left, and no ERROR be in a log that
 * the test did not announce. What a failed test leaves, with a thread dump of each node, is kept and its place printed.
 */
final class Scenario implements BeforeEachCallback, AfterEachCallback {
    private static final Pattern TROUBLE =
            Pattern.compile("^\\S+Z ERROR .*|^Exception in thread .*|.*unexpected failure; please report.*");
    private static final Duration END_LIMIT = Duration.ofSeconds(5);

    private final List<NodeProcess> nodes = new ArrayList<>();
    private final List<Pattern> expectedErrors = new ArrayList<>();
    private final List<AutoCloseable> closers = new ArrayList<>();
    private final AtomicInteger names = new AtomicInteger();
    private @Nullable Path root;

    @Override
    public void beforeEach(ExtensionContext context) throws IOException {
        Path scenarios = Path.of(System.getProperty("unibus.scenarios", "target/scenarios"));
        Files.createDirectories(scenarios);
        String name = context.getRequiredTestClass().getSimpleName() + "-";
        root = Files.createTempDirectory(scenarios.toRealPath(), name);
        Files.createDirectory(logs());
    }

    Path root() {
        return Optional.ofNullable(root).orElseThrow();
    }

    Path logs() {
        return root().resolve("logs");
    }

    /** A directory of the test that need not exist. */
    Path directory(String name) {
        return root().resolve(name);
    }

    NodeProcess.Builder aNode() {
        return new NodeProcess.Builder(this);
    }

    Cluster.Builder aCluster() {
        return new Cluster.Builder(this);
    }

    Unibus unibus() {
        return new Unibus(logs());
    }

    /** Puts an admin on the allowlist of the node in {@code data}, whether or not it runs. */
    void addAdmin(Endpoint endpoint) {
        String data = directory("data").toString();
        Unibus.Result added =
                unibus().run("user", "add", endpoint.nkey(), "--handle", "admin", "--admin", "--data-dir", data);
        assertThat(added.exitCode()).as(added.errors()).isZero();
    }

    /** Errors that this test provokes; the text is looked for in the line. */
    void expectError(String text) {
        expectedErrors.add(Pattern.compile(Pattern.quote(text)));
    }

    /** Closed after the nodes have ended, the last first, also when the test failed. */
    void closeAfterwards(AutoCloseable closer) {
        closers.add(0, closer);
    }

    String nextName(String kind) {
        return kind + "-" + names.incrementAndGet();
    }

    void started(NodeProcess node) {
        nodes.add(node);
    }

    @Override
    public void afterEach(ExtensionContext context) throws Exception {
        boolean failed = context.getExecutionException().isPresent();
        if (failed) {
            nodes.stream().filter(NodeProcess::isAlive).forEach(this::dumpThreads);
        }
        try {
            if (!failed) {
                stopAll();
                requireNoProcessLeft();
                requireNoUnexpectedError();
            }
        } catch (AssertionError e) {
            failed = true;
            throw e;
        } finally {
            endAll();
            if (failed) {
                System.out.println("kept for a look: " + root());
            } else {
                delete(root());
            }
        }
    }

    private void stopAll() {
        List<NodeProcess> running = nodes.stream().filter(NodeProcess::isAlive).toList();
        running.forEach(NodeProcess::terminate);
        running.forEach(NodeProcess::awaitStopped);
    }

    private void endAll() throws Exception {
        nodes.stream().filter(NodeProcess::isAlive).forEach(NodeProcess::killJvm);
        Await.until("the end of what nodes left", END_LIMIT, () -> {
            Proc.touching(root()).forEach(Proc::kill);
            return Proc.touching(root()).isEmpty();
        });
        for (AutoCloseable closer : closers) {
            closer.close();
        }
    }

    private void requireNoProcessLeft() {
        Await.until(
                "the end of all processes in " + root(),
                END_LIMIT,
                () -> Proc.touching(root()).isEmpty());
    }

    private void requireNoUnexpectedError() throws IOException {
        List<String> errors = new ArrayList<>();
        try (Stream<Path> logs = Files.list(logs())) {
            for (Path log : logs.toList()) {
                Files.readAllLines(log).stream().filter(this::isUnexpected).forEach(errors::add);
            }
        }
        assertThat(errors).as("unexpected errors in logs").isEmpty();
    }

    private boolean isUnexpected(String line) {
        return TROUBLE.matcher(line).matches()
                && expectedErrors.stream()
                        .noneMatch(expected -> expected.matcher(line).find());
    }

    private void dumpThreads(NodeProcess node) {
        Path jstack = Path.of(System.getProperty("java.home"), "bin", "jstack");
        Path dump = logs().resolve("threads-of-" + node.pid() + ".txt");
        try {
            Process dumping = new ProcessBuilder(jstack.toString(), "-l", Long.toString(node.pid()))
                    .redirectErrorStream(true)
                    .redirectOutput(dump.toFile())
                    .start();
            if (!dumping.waitFor(10, TimeUnit.SECONDS)) {
                dumping.destroyForcibly();
            }
        } catch (IOException e) {
            System.out.println("no thread dump of " + node.pid() + ": " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** With all that is in it. */
    static void delete(Path root) {
        try {
            Files.walkFileTree(root, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    Files.delete(file);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e) throws IOException {
                    Files.delete(directory);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
