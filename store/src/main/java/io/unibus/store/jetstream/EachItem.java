package io.unibus.store.jetstream;

import io.unibus.store.OutcomeUnknownException;
import io.unibus.store.QuorumUnconfirmedException;
import io.unibus.store.StoreUnavailableException;
import io.unibus.store.StoreUnusableException;
import java.util.HashSet;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does one item of a repair after the other, so that a bad one does not keep the rest from being done. What someone must
 * look at is logged once for each item. Not thread-safe.
 */
final class EachItem {
    private static final Logger LOG = LoggerFactory.getLogger(EachItem.class);
    private static final int REMEMBERED = 1000;
    /** With so many that could not be done now, the others will not be either. */
    private static final int MOST_UNAVAILABLE = 10;

    private final Set<Object> reported = new HashSet<>();
    private int unavailable;

    /** To be called before each round. */
    void begin() {
        unavailable = 0;
        if (reported.size() > REMEMBERED) {
            reported.clear();
        }
    }

    /**
     * Whether the task did something to the item; false also when it failed.
     *
     * @throws QuorumUnconfirmedException without a quorum
     * @throws StoreUnavailableException when this was one failure too many
     */
    boolean run(Object item, BooleanSupplier task) {
        try {
            boolean done = task.getAsBoolean();
            reported.remove(item);
            return done;
        } catch (StoreUnavailableException | OutcomeUnknownException e) {
            LOG.debug("left to the next repair: {}", item, e);
            if (++unavailable >= MOST_UNAVAILABLE) {
                throw new StoreUnavailableException("too much could not be repaired now: " + e.getMessage(), e);
            }
        } catch (QuorumUnconfirmedException e) {
            throw e;
        } catch (StoreUnusableException e) {
            if (reported.add(item)) {
                LOG.warn("not repaired: {}: {}", item, e.getMessage());
            }
        } catch (RuntimeException e) {
            if (reported.add(item)) {
                LOG.error("the repair of {} failed; report this", item, e);
            }
        }
        return false;
    }
}
