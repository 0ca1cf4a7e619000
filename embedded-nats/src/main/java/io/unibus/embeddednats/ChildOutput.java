package io.unibus.embeddednats;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Reads everything the child writes into the logger {@code nats-server}, on a daemon thread that ends with the child,
 * passes on what concerns more than one client, and remembers the last lines. Thread-safe.
 */
final class ChildOutput {
    private static final Logger log = LoggerFactory.getLogger("nats-server");
    private static final Logger clientLog = LoggerFactory.getLogger(ClientFaults.class);
    private static final int LINES_KEPT = 200;
    /** Said every two seconds until the others are there. */
    private static final String WAITING = "Waiting for routing";

    /** What is said of the connection to another server that died or was stopped. */
    private static final Pattern ROUTE_BROKE = Pattern.compile(
            "\\S+ - rid:\\d+ - (Error flushing: .*|Route Error 'Stale Connection'|read error: .*|write error: .*"
                    + "|TLS handshake timeout)");

    private static final Pattern SERVER_ID = Pattern.compile("\\s*ID:\\s+(N[A-Z2-7]{55})");

    private final Deque<LogLine> last = new ArrayDeque<>();
    private final Consumer<LogLine> next;
    private final Thread thread;
    private final ClientFaults clientFaults = new ClientFaults(System::nanoTime);
    private Optional<String> serverId = Optional.empty();

    private ChildOutput(InputStream stream, Consumer<LogLine> next) {
        this.next = next;
        thread = new Thread(() -> drain(stream), "nats-server-output");
        thread.setDaemon(true);
    }

    /** @param next is given each line, and does not wait */
    static ChildOutput drain(Process child, Consumer<LogLine> next) {
        ChildOutput output = new ChildOutput(child.getInputStream(), next);
        output.thread.start();
        return output;
    }

    /** The identity that the child announced; it tells the child from any other server of that name. */
    synchronized Optional<String> serverId() {
        return serverId;
    }

    /** The last lines; all of them, once the child has ended and {@link #awaitEnd} has returned. */
    synchronized List<LogLine> lastLines() {
        return List.copyOf(last);
    }

    /** Waits until the stream has ended, at most that long. */
    void awaitEnd(long millis) throws InterruptedException {
        thread.join(millis);
    }

    private void drain(InputStream stream) {
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (!line.isBlank()) {
                    take(LogLine.parse(line));
                }
            }
        } catch (IOException closedWithTheChild) {
            log.debug("the output of nats-server ended: {}", closedWithTheChild.getMessage());
        }
    }

    private void take(LogLine line) {
        synchronized (this) {
            Matcher matcher = SERVER_ID.matcher(line.message());
            if (serverId.isEmpty() && matcher.matches()) {
                serverId = Optional.of(matcher.group(1));
            }
            if (last.size() == LINES_KEPT) {
                last.removeFirst();
            }
            last.addLast(line);
        }
        if (ClientFaults.isOf(line)) {
            clientFaults.take(line).ifPresent(clientLog::info);
        } else {
            log.atLevel(loggedAt(line)).log(line.message());
            next.accept(line);
        }
    }

    /**
     * That another server is not there, or went, is no error of this one; and what is wrong between two of them is said
     * several times a second. Who cares is told otherwise, by the listener.
     */
    private static Level loggedAt(LogLine line) {
        if (line.level().toInt() < Level.WARN.toInt()) {
            return line.level();
        }
        if (ROUTE_BROKE.matcher(line.message()).matches()) {
            return Level.INFO;
        }
        return ServerTrouble.of(line)
                .map(trouble -> switch (trouble.kind()) {
                    case UNREACHABLE, NOT_A_CLUSTER_LISTENER, OTHER_LOGIN, OTHER_AUTHORITY, OTHER_CLUSTER, SAME_NAME ->
                        Level.DEBUG;
                    case NO_QUORUM -> line.message().startsWith(WAITING) ? Level.DEBUG : Level.WARN;
                    default -> line.level();
                })
                .orElse(line.level());
    }
}
