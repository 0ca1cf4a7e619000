package io.unibus.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/** A small file system of its own, in memory; skips the test where the user may not mount. */
final class Mount implements AutoCloseable {
    private final Path path;

    private Mount(Path path) {
        this.path = path;
    }

    /** @param options of mount(8), such as {@code size=64m,noexec} */
    static Mount at(Path path, String options) {
        try {
            Files.createDirectories(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        String problem =
                Command.problemOf(List.of("mount", "-t", "tmpfs", "-o", options, "unibus-test", path.toString()));
        Assumptions.assumeTrue(problem.isEmpty(), "this user cannot mount a file system: " + problem);
        return new Mount(path);
    }

    /** With other options, such as {@code ro}. */
    void change(String options) {
        Command.run(List.of("mount", "-o", "remount," + options, path.toString()));
    }

    /** Leaves no room for another byte in files that are to grow. */
    Path fill() {
        Path filler = path.resolve("filler");
        try (var out = Files.newOutputStream(filler)) {
            byte[] block = new byte[4096];
            while (true) {
                out.write(block);
            }
        } catch (IOException full) {
            return filler;
        }
    }

    @Override
    public void close() {
        Command.run(List.of("umount", path.toString()));
    }
}
