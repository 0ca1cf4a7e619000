package io.unibus.store.sqlite;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.MalformedException;
import io.unibus.protocol.RoomId;
import io.unibus.store.ChangeListener;
import io.unibus.store.ChangeListeners;
import io.unibus.store.ChangeSource;
import io.unibus.store.StoreChange;
import io.unibus.store.StoreMigratedException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads what triggers wrote to the table {@code changes}, whoever fired them, and tells the listeners. Thread-safe; it has no
 * thread of its own.
 */
final class ChangeTail {
    private static final Logger LOG = LoggerFactory.getLogger(ChangeTail.class);
    private static final int PAGE = 1_000;
    /** The revision of the newest change there ever was; without a row when there was none. */
    private static final String NEWEST = "SELECT seq FROM sqlite_sequence WHERE name = 'changes'";

    private static final String NEXT = "SELECT revision, kind, room_id, endpoint, epoch, role FROM changes"
            + " WHERE revision > ? ORDER BY revision LIMIT " + PAGE;

    private final Readers readers;
    private final List<Reading> readings = new ArrayList<>();

    private record Row(long revision, Optional<StoreChange> change) {}

    /** @param newest the newest revision when the rows were read */
    private record Page(List<Row> rows, long newest) {}

    /** How far one listener was told. */
    private static final class Reading {
        final ChangeListeners listener = new ChangeListeners(ChangeSource.CHANGES);
        long told;
    }

    ChangeTail(Readers readers) {
        this.readers = readers;
    }

    /** Adds a listener, which {@link #tellNew} tells what is there after its position. */
    synchronized void add(ChangeListener listener, OptionalLong after) {
        long newest = readers.read(session -> session.number(NEWEST));
        Reading reading = new Reading();
        reading.told = Math.min(newest, after.orElse(newest));
        reading.listener.add(listener, after, List.of());
        reading.listener.limitTo(newest);
        readings.add(reading);
    }

    /** Tells what was not told yet. */
    synchronized void tellNew() {
        try {
            readings.forEach(this::tellNew);
        } catch (StoreMigratedException e) {
            LOG.debug("the store was migrated, and has no more changes", e);
        }
    }

    private void tellNew(Reading reading) {
        Page page;
        do {
            page = readers.readAtOnce(
                    session -> new Page(session.list(NEXT, ChangeTail::row, reading.told), session.number(NEWEST)));
            page.rows().forEach(row -> tell(reading, row));
        } while (page.rows().size() == PAGE);
        skip(reading, page.newest());
    }

    private static void tell(Reading reading, Row row) {
        skip(reading, row.revision() - 1);
        reading.told = row.revision();
        reading.listener.tell(row.change().stream().toList());
    }

    /** Goes on after a revision, and says so when there are others before it: what is kept is bounded. */
    private static void skip(Reading reading, long revision) {
        if (revision > reading.told) {
            reading.told = revision;
            reading.listener.skipTo(revision);
        }
    }

    private static Row row(ResultSet row) throws SQLException {
        long revision = row.getLong(1);
        try {
            return new Row(revision, Optional.of(change(revision, row)));
        } catch (MalformedException e) {
            LOG.warn("change {} of the store cannot be read and is not told: {}", revision, e.getMessage());
            return new Row(revision, Optional.empty());
        }
    }

    private static StoreChange change(long revision, ResultSet row) throws SQLException {
        long epoch = row.getLong(5);
        return new StoreChange(
                ChangeSource.CHANGES,
                revision,
                StoreChange.Kind.parse(row.getString(2)),
                Optional.ofNullable(row.getString(3)).map(RoomId::new),
                Optional.ofNullable(row.getString(4)).map(Endpoint::new),
                epoch == 0 ? Optional.empty() : Optional.of(new Epoch(epoch)),
                Optional.ofNullable(row.getString(6)));
    }
}
