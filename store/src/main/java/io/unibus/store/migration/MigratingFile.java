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
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.UUID;

/**
 * The file {@code <database>.migrating}: from before the first write of a migration until its end. Every run until then is
 * of the same migration, and may replace what an earlier one has written, which it knows by the migration's name.
 *
 * @param name what nobody else has
 * @param begun when the first run began
 */
record MigratingFile(String name, Instant begun) {
    static Optional<MigratingFile> read(Path database) {
        Path file = BesideDatabase.migrating(database);
        try {
            JsonObject json = JsonObject.parse(Files.readAllBytes(file));
            return Optional.of(new MigratingFile(json.requiredString("migration"), json.requiredInstant("begun")));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException | MalformedException e) {
            throw new SnapshotException(
                    file + ", which names the unfinished migration of the database beside it, cannot be read: "
                            + e.getMessage()
                            + ". Make it readable, or move it away: then only a target that holds nothing"
                            + " else than the database does will be written to",
                    e);
        }
    }

    /** Begins a migration that has no name yet. */
    static MigratingFile create(Path database, Instant now) {
        MigratingFile migration = new MigratingFile(UUID.randomUUID().toString(), now.truncatedTo(ChronoUnit.MILLIS));
        Path file = BesideDatabase.migrating(database);
        try {
            WholeFile.write(file, migration.toJson());
        } catch (IOException e) {
            throw new SnapshotException(
                    "nothing was written to the cluster, because " + file + ", by which another run goes on where this"
                            + " one ends, cannot be written: " + e + ". Make its directory writable and run this again",
                    e);
        }
        return migration;
    }

    /** The migration is complete. */
    static void remove(Path database) {
        Path file = BesideDatabase.migrating(database);
        try {
            WholeFile.delete(file);
        } catch (IOException e) {
            throw new SnapshotException("the migration is complete, but " + file + " cannot be removed: " + e, e);
        }
    }

    private byte[] toJson() {
        return JsonWriter.object(json -> {
            json.field("migration", name);
            json.field("begun", begun);
        });
    }
}
