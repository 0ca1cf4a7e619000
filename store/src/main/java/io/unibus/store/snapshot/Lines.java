package io.unibus.store.snapshot;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/** Lines of bytes, each ended by a line feed, with their numbers from 1. One thread. */
final class Lines {
    /** Several times the longest record, whose sealed key has 2048 bytes. */
    private static final int MAX_BYTES = 64 * 1024;

    private static final int BUFFER = 64 * 1024;

    private final InputStream in;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private long number;

    Lines(InputStream in) {
        this.in = new BufferedInputStream(in, BUFFER);
    }

    /** The number of the line that was read last, or failed to be. */
    long number() {
        return number;
    }

    /**
     * The next line without its end, or empty at the end of the file.
     *
     * @throws SnapshotException when the file ends within the line, or the line does not end
     */
    Optional<byte[]> next() throws IOException {
        number++;
        line.reset();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                if (line.size() == 0) {
                    return Optional.empty();
                }
                throw new SnapshotException("the file ends in the middle of a line: it is truncated");
            }
            if (line.size() == MAX_BYTES) {
                throw new SnapshotException("the line is longer than " + MAX_BYTES + " bytes, as no record is");
            }
            line.write(b);
        }
        return Optional.of(line.toByteArray());
    }
}
