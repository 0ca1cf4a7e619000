package io.unibus.store.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.store.StoreException;
import io.unibus.store.StoreUnavailableException;
import io.unibus.store.StoreUnusableException;
import java.nio.file.Path;
import java.sql.SQLException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

final class SqliteErrorsTest {
    private final SqliteErrors errors = new SqliteErrors(Path.of("/var/lib/unibus/unibus.db"));

    @ParameterizedTest
    @EnumSource(
            names = {
                "SQLITE_BUSY",
                "SQLITE_BUSY_SNAPSHOT",
                "SQLITE_BUSY_RECOVERY",
                "SQLITE_LOCKED",
                "SQLITE_FULL",
                "SQLITE_READONLY",
                "SQLITE_READONLY_DBMOVED",
                "SQLITE_CANTOPEN",
                "SQLITE_NOMEM",
                "SQLITE_INTERRUPT"
            })
    void whatMayPassIsUnavailable(SQLiteErrorCode code) {
        assertSentence(errors.before(fault(code)), StoreUnavailableException.class);
    }

    @ParameterizedTest
    @EnumSource(
            names = {
                "SQLITE_CORRUPT",
                "SQLITE_CORRUPT_INDEX",
                "SQLITE_NOTADB",
                "SQLITE_IOERR",
                "SQLITE_IOERR_FSYNC",
                "SQLITE_IOERR_WRITE",
                "SQLITE_ERROR",
                "SQLITE_CONSTRAINT_FOREIGNKEY",
                "SQLITE_MISUSE"
            })
    void whatSomeoneMustRepairIsUnusable(SQLiteErrorCode code) {
        assertSentence(errors.before(fault(code)), StoreUnusableException.class);
    }

    @ParameterizedTest
    @EnumSource(names = {"SQLITE_IOERR", "SQLITE_IOERR_FSYNC", "SQLITE_IOERR_WRITE", "SQLITE_ERROR"})
    void commitThatFailedWithAnInputOutputErrorMayComeToLife(SQLiteErrorCode code) {
        assertThat(SqliteErrors.leavesCommitUnknown(fault(code))).isTrue();
    }

    @ParameterizedTest
    @EnumSource(names = {"SQLITE_FULL", "SQLITE_BUSY", "SQLITE_CONSTRAINT_FOREIGNKEY"})
    void commitThatWasRefusedDidNotHappen(SQLiteErrorCode code) {
        assertThat(SqliteErrors.leavesCommitUnknown(fault(code))).isFalse();
    }

    private static void assertSentence(StoreException e, Class<?> type) {
        assertThat(e)
                .isInstanceOf(type)
                .hasMessageContaining("/var/lib/unibus/unibus.db")
                .hasMessageContaining("To do: ")
                .hasMessageEndingWith(".")
                .hasCauseInstanceOf(SQLException.class);
    }

    private static SQLException fault(SQLiteErrorCode code) {
        return new SQLiteException("fault", code);
    }
}
