package io.unibus.store.snapshot;

import io.unibus.protocol.JsonObject;
import io.unibus.protocol.MalformedException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads a snapshot and verifies it on the way: version, form and order of the records; at the end the counts and digests of
 * the manifest. What was read is right only when the end was reached. Every failure is a {@link SnapshotException} that
 * names the file and the line. One thread; closes its stream.
 */
final class SnapshotReader implements SnapshotCursor {
    private final String name;
    private final InputStream in;
    private final Lines lines;
    private final Section first;
    private final Tally tally = new Tally();
    private @Nullable SnapshotRecord previous;
    private Section section = Section.USERS;
    private @Nullable Manifest manifest;
    private boolean begun;

    /** @param first the first section that is wanted; the records before it are only counted and digested */
    SnapshotReader(String name, InputStream in, Section first) {
        this.name = name;
        this.in = in;
        this.lines = new Lines(in);
        this.first = first;
    }

    @Override
    public Optional<SnapshotRecord> next() {
        try {
            if (!begun) {
                readVersion();
                begun = true;
            }
            return manifest == null ? nextRecord() : Optional.empty();
        } catch (SnapshotException | MalformedException e) {
            throw new SnapshotException(name + ", line " + lines.number() + ": " + e.getMessage(), e);
        } catch (IOException e) {
            throw new SnapshotException(
                    name + ", line " + lines.number() + ": it cannot be read: " + e.getMessage(), e);
        }
    }

    /** What the snapshot says it consists of and does; to be called after the end was reached. */
    Manifest manifest() {
        Manifest read = manifest;
        if (read == null) {
            throw new IllegalStateException("the end was not reached");
        }
        return read;
    }

    private void readVersion() throws IOException {
        byte[] line = lines.next().orElseThrow(() -> new SnapshotException("the file is empty"));
        long version;
        try {
            version = JsonObject.parse(line).requiredLong(SnapshotWriter.VERSION_FIELD);
        } catch (MalformedException e) {
            throw new SnapshotException("the file is not a snapshot of unibus, which begins with {\""
                    + SnapshotWriter.VERSION_FIELD + "\":" + SnapshotWriter.VERSION + "}");
        }
        if (version != SnapshotWriter.VERSION) {
            throw new SnapshotException("the snapshot has version " + version + ", and this unibus knows version "
                    + SnapshotWriter.VERSION + ": use the unibus that made it, or a newer one");
        }
    }

    private Optional<SnapshotRecord> nextRecord() throws IOException {
        while (true) {
            byte[] line = lines.next()
                    .orElseThrow(() -> new SnapshotException(
                            "the file ends without its manifest: it is truncated, take the snapshot again"));
            Optional<Section> found = Section.ofLine(line);
            if (found.isEmpty()) {
                readManifest(line);
                return Optional.empty();
            }
            enter(found.get());
            tally.add(section, line);
            if (section.compareTo(first) >= 0) {
                return Optional.of(inOrder(SnapshotRecord.ofLine(section, line)));
            }
        }
    }

    private void enter(Section next) {
        if (next.compareTo(section) < 0) {
            throw new SnapshotException("section " + next + " comes before section " + section);
        }
        section = next;
    }

    private SnapshotRecord inOrder(SnapshotRecord record) {
        SnapshotRecord before = previous;
        if (before != null && SnapshotRecord.BY_KEY.compare(before, record) >= 0) {
            throw new SnapshotException(
                    record.name() + " does not come after " + before.name() + ": the file was changed");
        }
        previous = record;
        return record;
    }

    private void readManifest(byte[] line) throws IOException {
        Manifest claimed;
        try {
            claimed = Manifest.ofLine(line);
        } catch (MalformedException e) {
            throw new SnapshotException("the line is neither a record nor a manifest", e);
        }
        Manifest read = tally.manifest();
        for (Section each : Section.values()) {
            requireEqual(each, claimed.part(each), read.part(each));
        }
        if (lines.next().isPresent()) {
            throw new SnapshotException("there is more after the manifest");
        }
        manifest = read;
    }

    private static void requireEqual(Section section, Manifest.Part claimed, Manifest.Part read) {
        if (claimed.count() != read.count()) {
            throw new SnapshotException("the manifest counts " + claimed.count() + " " + section + " and the file has "
                    + read.count() + ": the file was changed");
        }
        if (!claimed.equals(read)) {
            throw new SnapshotException("the digest of the " + section + " is " + read.sha256()
                    + " and the manifest says " + claimed.sha256() + ": the file was changed");
        }
    }

    @Override
    public void close() {
        try {
            in.close();
        } catch (IOException e) {
            // What was read was verified; a stream that was only read has nothing to lose.
        }
    }
}
