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
    private final ChangeListeners listeners = new ChangeListeners(ChangeSource.CHANGES);
    /** Everything up to this revision was told to every listener that wants it. */
    private long told;

    private record Row(long revision, Optional<StoreChange> change) {}

    ChangeTail(Readers readers) {
        this.readers = readers;
    }

    /** Adds a listener, which {@link #tellNew} tells what is there after its position. */
    synchronized void add(ChangeListener listener, OptionalLong after) {
        long newest = readers.read(session -> session.number(NEWEST));
        long begin = Math.min(newest, after.orElse(newest));
        told = listeners.isEmpty() ? begin : Math.min(told, begin);
        listeners.add(listener, after, List.of());
        listeners.limitTo(newest);
    }

    /** Tells what was not told yet. */
    synchronized void tellNew() {
        if (!listeners.isEmpty()) {
            try {
                while (tellPage() == PAGE) {}
            } catch (StoreMigratedException e) {
                LOG.debug("the store was migrated, and has no more changes", e);
            }
        }
    }

    private int tellPage() {
        List<Row> page = readers.read(session -> session.list(NEXT, ChangeTail::row, told));
        for (Row row : page) {
            if (row.revision() > told + 1) {
                listeners.skipTo(row.revision() - 1); // what is kept is bounded
            }
            told = row.revision();
            listeners.tell(row.change().stream().toList());
        }
        return page.size();
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
