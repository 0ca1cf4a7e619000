package io.unibus.node.audit;

import io.unibus.node.host.DaemonWorker;
import io.unibus.protocol.JsonWriter;
import io.unibus.protocol.MalformedException;
import io.unibus.store.ChangeListener;
import io.unibus.store.ChangePosition;
import io.unibus.store.ChangeSource;
import io.unibus.store.Store;
import io.unibus.store.StoreChange;
import io.unibus.store.StoreException;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The audit log of a node, {@code DATA/audit.log}: JSON, one object a line, without secrets. {@code asked} lines say who asked this
 * node for a change, and what was answered; {@code changed} lines say what the store holds since, on every node and whoever
 * changed it. Thread-safe.
 */
public final class AuditLog implements ChangeListener, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(AuditLog.class);

    static final long MOST_BYTES = 16L * 1024 * 1024;

    /** So many changes wait to be written; of more, only their number is written. */
    private static final int MOST_WAITING = 100_000;

    private static final long CLOSE_SECONDS = 2;
    private static final long RETRY_MILLIS = 1_000;
    private static final Pattern REVISION = Pattern.compile("\"source\":\"([a-z]+)\",\"revision\":([0-9]+)\\}$");

    private final AuditFile file;
    private final String node;
    private final InstantSource clock;
    private final DaemonWorker writer = new DaemonWorker("audit-log");
    private final AtomicLong left = new AtomicLong();

    private AuditLog(AuditFile file, String node, InstantSource clock) {
        this.file = file;
        this.node = node;
        this.clock = clock;
    }

    /** Opens the audit log of a node. Nothing is written yet, and no file made. */
    public static AuditLog ofNode(Path dataDirectory, String node, InstantSource clock) {
        return new AuditLog(new AuditFile(file(dataDirectory), MOST_BYTES), node, clock);
    }

    /** Opens the audit log of a data directory for a command on its host, which leaves it to the node to begin a new file. */
    public static AuditLog ofCommand(Path dataDirectory, InstantSource clock) {
        return new AuditLog(new AuditFile(file(dataDirectory), Long.MAX_VALUE), "", clock);
    }

    private static Path file(Path dataDirectory) {
        return dataDirectory.resolve("audit.log");
    }

    /** Writes that the node has started, and in which mode. */
    public void started(String version, String store, String busAuth) {
        write("started", json -> {
            json.field("version", version);
            json.field("store", store);
            json.field("bus_auth", busAuth);
        });
    }

    /** Begins to write what changes in a store, from where the log ends. Returns at once. */
    public void follow(Store store) {
        writer.execute(() -> {
            ChangePosition position = positionIn(file.readable());
            position.revisions().forEach(this::startsAfter);
            follow(store, position);
        });
    }

    private void follow(Store store, ChangePosition position) {
        try {
            store.addChangeListener(this, position);
        } catch (StoreException e) {
            log.info("changes of the store are not audited yet, and are soon: {}", e.getMessage());
            writer.after(RETRY_MILLIS, () -> follow(store, position));
        }
    }

    static ChangePosition positionIn(Path dataDirectory) {
        return positionIn(new AuditFile(file(dataDirectory), MOST_BYTES).readable());
    }

    private static ChangePosition positionIn(List<Path> files) {
        ChangePosition position = ChangePosition.NONE;
        for (Path file : files) { // the newest first: what is found in an older one is older
            if (isWhole(position)) {
                break; // as after the newest, unless its node has not started since it was begun
            }
            for (Map.Entry<ChangeSource, Long> found : lastRevisions(file).entrySet()) {
                if (position.in(found.getKey()).isEmpty()) {
                    position = position.with(found.getKey(), found.getValue());
                }
            }
        }
        return position;
    }

    private static boolean isWhole(ChangePosition position) {
        return position.in(ChangeSource.CHANGES).isPresent()
                || (position.in(ChangeSource.ROOMS).isPresent()
                        && position.in(ChangeSource.USERS).isPresent());
    }

    private static Map<ChangeSource, Long> lastRevisions(Path file) {
        Map<ChangeSource, Long> last = new EnumMap<>(ChangeSource.class);
        try (BufferedReader lines = Files.newBufferedReader(file, StandardCharsets.ISO_8859_1)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                Matcher matcher = REVISION.matcher(line);
                if (matcher.find()) {
                    last.put(ChangeSource.parse(matcher.group(1)), Long.parseLong(matcher.group(2)));
                }
            }
        } catch (IOException | MalformedException | NumberFormatException e) {
            log.warn(
                    "{} cannot be read to its end ({}): changes while the node was down are not audited",
                    file,
                    e.getMessage());
        }
        return last;
    }

    /**
     * Writes that a change was asked for.
     *
     * @param answer {@link AskedChange#DONE}, or the code of the problem that was answered
     * @param revision of the store, at which the change was made
     */
    public void asked(AskedChange.Asker asker, AskedChange change, String answer, OptionalLong revision) {
        write("asked", json -> change.write(json, asker, answer, revision));
    }

    /** Writes soon that changes of a source are told from a revision on. */
    @Override
    public void startsAfter(ChangeSource source, long revision) {
        writeSoon("starts", json -> writeRevision(json, source, revision));
    }

    /** Writes soon what the store holds. */
    @Override
    public void changed(StoreChange change) {
        writeSoon("changed", json -> {
            json.field("what", change.kind().toString());
            change.room().ifPresent(id -> json.field("room", id.value()));
            change.endpoint().ifPresent(who -> json.field("endpoint", who.nkey()));
            change.role().ifPresent(role -> json.field("role", role));
            change.epoch().ifPresent(epoch -> json.field("epoch", epoch.number()));
            writeRevision(json, change.source(), change.revision());
        });
    }

    /** Last in a line, where {@link #REVISION} finds them. */
    private static void writeRevision(JsonWriter json, ChangeSource source, long revision) {
        json.field("source", source.toString());
        json.field("revision", revision);
    }

    private void writeSoon(String kind, Consumer<JsonWriter> fields) {
        if (writer.getQueue().size() >= MOST_WAITING) {
            left.incrementAndGet();
            return;
        }
        writer.execute(() -> {
            long number = left.getAndSet(0);
            if (number > 0) {
                write("left-out", json -> json.field("count", number));
            }
            write(kind, fields);
        });
    }

    private void write(String kind, Consumer<JsonWriter> fields) {
        file.append(JsonWriter.object(json -> {
            json.field("time", clock.instant().truncatedTo(ChronoUnit.MILLIS));
            if (!node.isEmpty()) {
                json.field("node", node);
            }
            json.field("kind", kind);
            fields.accept(json);
        }));
    }

    /** Writes what waits, within seconds. */
    @Override
    public void close() {
        try {
            Future<?> last = writer.submit(() -> {});
            last.get(CLOSE_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException | RejectedExecutionException e) {
            log.warn("not all changes were written to the audit log");
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        writer.end();
        file.close();
    }
}
