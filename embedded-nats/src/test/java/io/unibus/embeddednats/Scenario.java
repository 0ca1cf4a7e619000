package io.unibus.embeddednats;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import org.slf4j.LoggerFactory;

/** A directory, servers and processes of one test, and their end; afterwards no process of it is left. */
final class Scenario {
    static final Duration START_LIMIT = Duration.ofSeconds(15);
    /** Restarts at once, and gives up after five failures. */
    static final RestartPolicy QUICK = new RestartPolicy(
            Duration.ofMillis(1), Duration.ofMillis(5), 0.5, 5, Duration.ofSeconds(30), Duration.ofSeconds(10));

    private static final Duration GUARDS_END_WITHIN = Duration.ofSeconds(5);

    static final Secret PASSWORD = Secret.of("pass \"quoted\" \\ $HOME");

    final Path root;
    final Path data;
    final Path bin;
    final InstalledBinary binary;
    final List<ServerState> states = new CopyOnWriteArrayList<>();
    private final Deque<AutoCloseable> closers = new ArrayDeque<>();

    Scenario() {
        try {
            root = Files.createTempDirectory("embedded-nats-").toRealPath();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        data = root.resolve("data dir");
        bin = root.resolve("bin");
        binary = NatsBinary.bundled().installInto(bin);
    }

    /** One account with JetStream and a password. */
    ServerConfig.Builder config() {
        return config(data);
    }

    static ServerConfig.Builder config(Path data) {
        return ServerConfig.builder("test-server")
                .jetStream(data.resolve("jetstream"))
                .account(new Account("APP", true, List.of(User.password("app", PASSWORD))));
    }

    NatsServer.Builder builder(ServerConfig config) {
        return builder(binary, config, data).listener((state, reason) -> states.add(state));
    }

    static NatsServer.Builder builder(InstalledBinary binary, ServerConfig config, Path data) {
        return NatsServer.builder(binary, config, data)
                .probeLogin(ProbeLogin.password("app", PASSWORD))
                .restartPolicy(QUICK);
    }

    /** Builds it; the scenario closes it. */
    NatsServer build(NatsServer.Builder builder) {
        return closing(builder.build());
    }

    NatsServer started() {
        NatsServer server = build(builder(config().build()));
        server.start(START_LIMIT);
        return server;
    }

    <T extends AutoCloseable> T closing(T closer) {
        closers.push(closer);
        return closer;
    }

    /** Ends this very process with the scenario, and waits for its end. */
    Process ending(Process process) {
        closers.push(() -> {
            process.destroyForcibly();
            process.waitFor();
        });
        return process;
    }

    /** The servers that run the binary of this scenario. */
    List<ProcessIdentity> servers() {
        return ProcessHandle.allProcesses()
                .flatMap(handle -> ProcessIdentity.of(handle.pid()).stream())
                .filter(process -> process.executable().startsWith(bin))
                .toList();
    }

    /** Every process but this one whose command line names this scenario: servers, their launchers and guards, JVMs. */
    List<ProcessHandle> traces() {
        return ProcessHandle.allProcesses()
                .filter(handle -> handle.pid() != ProcessHandle.current().pid())
                .filter(handle -> handle.info().commandLine().orElse("").contains(root.toString()))
                .toList();
    }

    /** What the child says from here on, of every level; to be copied before it is looked at while the child runs. */
    ListAppender<ILoggingEvent> capture() {
        Logger logger = (Logger) LoggerFactory.getLogger("nats-server");
        Level before = logger.getLevel();
        ListAppender<ILoggingEvent> appender = new ListAppender<>();
        appender.list = Collections.synchronizedList(new ArrayList<>());
        appender.start();
        logger.addAppender(appender);
        logger.setLevel(Level.TRACE);
        logger.setAdditive(false);
        closers.push(() -> {
            logger.detachAppender(appender);
            logger.setLevel(before);
            logger.setAdditive(true);
        });
        return appender;
    }

    /** For those who must know the address before anybody listens there. */
    static HostPort freeAddress() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return new HostPort("127.0.0.1", socket.getLocalPort());
        }
    }

    static void await(String what, Duration limit, BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - deadline)
                    .as(what + " within " + limit)
                    .isNegative();
            Thread.sleep(2);
        }
    }

    static void signal(String name, long pid) throws IOException, InterruptedException {
        kill("-" + name + " " + pid);
    }

    static void signalGroup(String name, long group) throws IOException, InterruptedException {
        kill("-s " + name + " -- -" + group);
    }

    private static void kill(String arguments) throws IOException, InterruptedException {
        Process kill = new ProcessBuilder("/bin/sh", "-c", "kill " + arguments).start();
        assertThat(kill.waitFor()).as("kill " + arguments).isZero();
    }

    /** Ends everything, and fails when a server was left. */
    void close() throws Exception {
        while (!closers.isEmpty()) {
            closers.pop().close();
        }
        List<String> left = leftAfterAWhile().stream()
                .map(handle -> handle.pid() + " " + handle.info().commandLine().orElse(""))
                .toList();
        traces().forEach(ProcessHandle::destroyForcibly);
        await("the end of " + left, Duration.ofSeconds(5), () -> traces().isEmpty());
        delete(root);
        assertThat(left).as("processes left behind").isEmpty();
    }

    /** The guard of a JVM that was killed looks only now and then whether its child has ended. */
    private List<ProcessHandle> leftAfterAWhile() throws InterruptedException {
        long deadline = System.nanoTime() + GUARDS_END_WITHIN.toNanos();
        List<ProcessHandle> left = traces();
        while (!left.isEmpty() && System.nanoTime() - deadline < 0) {
            Thread.sleep(2);
            left = traces();
        }
        return left;
    }

    private static void delete(Path root) throws IOException {
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, @org.jspecify.annotations.Nullable IOException e)
                    throws IOException {
                Files.delete(directory);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
