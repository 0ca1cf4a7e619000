package io.unibus.store.sqlite;

import java.io.IOException;
import java.nio.file.Path;

/** The files that say what became of a database. They lie beside the file itself, by whatever link it was named. */
public final class BesideDatabase {
    private BesideDatabase() {}

    /** What the database holds lives on elsewhere: while this file is there, no store uses the database. */
    public static Path migrated(Path database) {
        return named(database, ".migrated");
    }

    /** A migration of the database has begun and is not complete. */
    public static Path migrating(Path database) {
        return named(database, ".migrating");
    }

    /** Locked by the one migration that runs. */
    public static Path migrationLock(Path database) {
        return named(database, ".migration-lock");
    }

    private static Path named(Path database, String suffix) {
        Path file = database.toAbsolutePath().normalize();
        try {
            file = file.toRealPath();
        } catch (IOException e) {
            // There is none, or it cannot be reached: whoever opens it says so.
        }
        return file.resolveSibling(file.getFileName() + suffix);
    }
}
