package io.unibus.cluster;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Looks all the time whether two servers run on one data directory. Owns a thread; closed by whoever made it. */
final class ServerWatch implements AutoCloseable {
    private static final Duration STEP = Duration.ofMillis(10);

    private final Path dataDirectory;
    private final List<List<Proc>> together = new CopyOnWriteArrayList<>();
    private final Thread thread = new Thread(this::watch, "server-watch");
    private volatile boolean closed;

    ServerWatch(Path dataDirectory) {
        this.dataDirectory = dataDirectory;
        thread.setDaemon(true);
        thread.start();
    }

    private void watch() {
        while (!closed) {
            List<Proc> servers = Proc.serversOf(dataDirectory);
            // A scan is not of one moment: only those who are still there after the last was seen were there together.
            if (servers.size() > 1 && servers.stream().allMatch(Proc::isRunning)) {
                together.add(servers);
            }
            Await.pause(STEP);
        }
    }

    /** The servers that were seen at the same time; must be empty. */
    List<List<Proc>> together() {
        return together;
    }

    @Override
    public void close() {
        closed = true;
    }
}
