package io.unibus.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** A directory for temporary files, which goes with all that is in it when it is closed. */
record ScratchDirectory(Path path) implements AutoCloseable {
    /** Creates one below {@code parent}. */
    static ScratchDirectory create(Path parent) throws IOException {
        return new ScratchDirectory(Files.createTempDirectory(parent, "unibus-benchmarks-"));
    }

    /** Creates a directory in it. */
    Path child(String name) throws IOException {
        return Files.createDirectory(path.resolve(name));
    }

    @Override
    public void close() throws IOException {
        try (Stream<Path> files = Files.walk(path)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
