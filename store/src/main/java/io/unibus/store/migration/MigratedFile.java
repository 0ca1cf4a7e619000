package io.unibus.store.migration;

import io.unibus.protocol.JsonObject;
import io.unibus.protocol.JsonWriter;
import io.unibus.protocol.MalformedException;
import io.unibus.store.snapshot.SnapshotException;
import io.unibus.store.sqlite.BesideDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;

/**
 * The file {@code <database>.migrated}, which says that what the database holds lives on in a cluster: no node begins with
 * the database any more, unless somebody moves the file away.
 *
 * @param at when the migration was complete
 * @param source the digest of what was migrated
 */
public record MigratedFile(Instant at, String source) {
    /** Where the file is, or would be. */
    public static Path of(Path database) {
        return BesideDatabase.migrated(database);
    }

    /** What the file of a database says, if there is one. */
    public static Optional<MigratedFile> read(Path database) {
        Path file = of(database);
        try {
            JsonObject json = JsonObject.parse(Files.readAllBytes(file));
            return Optional.of(new MigratedFile(json.requiredInstant("at"), json.requiredString("source")));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException | MalformedException e) {
            throw new SnapshotException(
                    file + " says that the database beside it was migrated, and cannot be read: " + e.getMessage()
                            + ". Move it away if that is not so",
                    e);
        }
    }

    /** Writes the file, in one step, in the place of an earlier one; it is on the disk when this returns. */
    void write(Path database) {
        Path file = of(database);
        byte[] content = JsonWriter.object(json -> {
            json.field("at", at);
            json.field("source", source);
        });
        try {
            WholeFile.write(file, content);
        } catch (IOException e) {
            throw new SnapshotException(
                    "everything is in the cluster, but " + file + ", which keeps a node from starting with the old"
                            + " database, cannot be written: " + e + ". Make its directory writable and run this again",
                    e);
        }
    }
}
