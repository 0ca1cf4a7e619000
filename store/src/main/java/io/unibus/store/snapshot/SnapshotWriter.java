package io.unibus.store.snapshot;

import io.unibus.protocol.JsonWriter;
import java.io.IOException;
import java.io.OutputStream;

/** Writes a snapshot: the line with the version, the records in their order, the manifest. One thread, used once. */
final class SnapshotWriter {
    /** The form of the file; a reader refuses what is newer. */
    static final int VERSION = 1;

    static final String VERSION_FIELD = "unibus_snapshot";

    private final OutputStream out;
    private final Tally tally = new Tally();

    SnapshotWriter(OutputStream out) {
        this.out = out;
    }

    Manifest write(SnapshotSource source, Progress progress, Progress.Step step) throws IOException {
        writeLine(JsonWriter.object(json -> json.field(VERSION_FIELD, VERSION)));
        long total = source.count();
        long done = 0;
        try (SnapshotCursor cursor = source.all()) {
            for (var record = cursor.next(); record.isPresent(); record = cursor.next()) {
                byte[] line = record.get().line();
                tally.add(record.get().section(), line);
                writeLine(line);
                progress.at(step, ++done, total);
            }
        }
        Manifest manifest = tally.manifest();
        writeLine(manifest.line());
        out.flush();
        return manifest;
    }

    private void writeLine(byte[] line) throws IOException {
        out.write(line);
        out.write('\n');
    }
}
