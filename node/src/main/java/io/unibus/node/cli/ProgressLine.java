package io.unibus.node.cli;

import io.unibus.store.snapshot.Progress;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Progress in one line of a terminal, which is written over: records, rate and the time left. One thread at a time. */
final class ProgressLine implements Progress {
    private static final long NANOS_PER_LINE = Duration.ofMillis(200).toNanos();
    /** Before it a rate says nothing. */
    private static final Duration SHORTEST_FOR_RATE = Duration.ofMillis(500);

    private static final int WIDTH = 78;

    private final PrintWriter terminal;
    private final LongSupplier nanoTime;
    private @Nullable Step step;
    private long begun;
    private long shown;

    ProgressLine(PrintWriter terminal, LongSupplier nanoTime) {
        this.terminal = terminal;
        this.nanoTime = nanoTime;
    }

    /** On the terminal that standard error is, or nowhere when it is none. */
    static Progress onTerminal(PrintWriter err) {
        return isTerminal() ? new ProgressLine(err, System::nanoTime) : Progress.NONE;
    }

    /** What Java says is about input and output too, and differs between its versions. */
    private static boolean isTerminal() {
        try {
            return Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString().matches("/dev/(pts/|tty|console).*");
        } catch (IOException e) {
            return false; // as on systems without /proc
        }
    }

    @Override
    public void at(Step current, long done, long total) {
        long now = nanoTime.getAsLong();
        if (current != step) {
            step = current;
            begun = now;
        } else if (now - shown < NANOS_PER_LINE && done != total) {
            return;
        }
        shown = now;
        String line = line(current, done, total, Duration.ofNanos(now - begun));
        terminal.print("\r" + line + " ".repeat(Math.max(0, WIDTH - line.length())));
        if (done == total && total > 0) {
            terminal.print("\r" + " ".repeat(WIDTH) + "\r");
        }
        terminal.flush();
    }

    private static String line(Step step, long done, long total, Duration took) {
        StringBuilder line = new StringBuilder(step.toString());
        if (done > 0) {
            line.append(String.format(Locale.ROOT, ": %,d", done));
            if (total > 0) {
                line.append(String.format(Locale.ROOT, " of %,d", total));
            }
            line.append(" records");
        }
        if (done > 0 && took.compareTo(SHORTEST_FOR_RATE) >= 0) {
            double rate = done / (took.toNanos() / 1e9);
            line.append(String.format(Locale.ROOT, ", %,.0f/s", rate));
            if (total > done) {
                long left = Math.round((total - done) / rate);
                line.append(String.format(Locale.ROOT, ", %d:%02d left", left / 60, left % 60));
            }
        }
        return line.toString();
    }
}
