package io.unibus.embeddednats;

import io.unibus.embeddednats.NatsServerException.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** Tells a file system mounted {@code noexec}, where a program cannot be started whatever its mode. Linux only. */
final class Mounts {
    private static final Path TABLE = Path.of("/proc/self/mounts");

    private Mounts() {}

    static void requireExecutable(Path program) {
        List<String> table;
        try {
            table = Files.readAllLines(TABLE);
        } catch (IOException notLinux) {
            return;
        }
        if (isNoexec(table, program)) {
            throw new NatsServerException(
                    Reason.BINARY_UNUSABLE,
                    program + " is on a file system mounted noexec, so it cannot be run; choose a directory elsewhere");
        }
    }

    /** The mount that holds the path is the longest that is above it, and of equals the last. */
    static boolean isNoexec(List<String> table, Path path) {
        int length = -1;
        boolean noexec = false;
        for (String line : table) {
            List<String> fields = Arrays.asList(line.split(" ", -1));
            if (fields.size() >= 4) {
                Path point = Path.of(unescaped(fields.get(1)));
                if (path.startsWith(point) && point.getNameCount() >= length) {
                    length = point.getNameCount();
                    noexec = Arrays.asList(fields.get(3).split(",", -1)).contains("noexec");
                }
            }
        }
        return noexec;
    }

    private static String unescaped(String text) {
        return text.replace("\\040", " ")
                .replace("\\011", "\t")
                .replace("\\012", "\n")
                .replace("\\134", "\\");
    }
}
