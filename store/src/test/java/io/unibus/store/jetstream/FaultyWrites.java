package io.unibus.store.jetstream;

import io.unibus.store.OutcomeUnknownException;
import io.unibus.store.StoreUnavailableException;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** Writes of which one goes wrong, as planned. */
final class FaultyWrites implements Writes {
    private final Writes writes;
    private Predicate<String> plannedFor = key -> false;
    private Fault planned = Fault.NONE;
    private int leftUntilFault;
    private Runnable meanwhile = () -> {};
    private int count;
    private boolean dead;
    private Supplier<CompletableFuture<OptionalLong>> delayed =
            () -> CompletableFuture.failedFuture(new IllegalStateException("nothing was delayed"));

    enum Fault {
        NONE,
        /** The node dies and does not write. */
        DIE_BEFORE,
        /** The node writes and dies. */
        DIE_AFTER,
        /** Written after others did what they do meanwhile. */
        STALL,
        /** Not written, and the node knows it. */
        REFUSE,
        /** Not written, but no answer. */
        LOSE,
        /** No answer, and delivered only when the test says so, by {@link #deliver}. */
        DELAY,
        /** Written, but no answer. */
        HIDE,
        /** Written, but refused: by a server that no longer leads and does not know it. */
        DENY,
        /** Not written, and refused although the expectation holds: what was in the way came to nothing. */
        TURN_AWAY
    }

    /** The node is dead: nobody handles this. */
    static final class Died extends Error {
        private static final long serialVersionUID = 1L;
    }

    FaultyWrites(Writes writes) {
        this.writes = writes;
    }

    /** Plans a fault of the n-th write from now, counted from 0. */
    synchronized void plan(int nth, Fault fault) {
        plan(nth, key -> true, fault);
    }

    /** Plans a fault of the n-th write from now to such a key, alone or in a batch, counted from 0. */
    synchronized void plan(int nth, Predicate<String> keys, Fault fault) {
        leftUntilFault = nth;
        plannedFor = keys;
        planned = fault;
        count = 0;
    }

    /** What others do after the fault and before the node does anything more. */
    synchronized void meanwhile(Runnable others) {
        meanwhile = others;
    }

    /** How many writes there were since the last plan. */
    synchronized int count() {
        return count;
    }

    /** Whether the planned fault came. */
    synchronized boolean isOver() {
        return planned == Fault.NONE;
    }

    /** The delayed write arrives after all; returns what nobody hears of it. */
    OptionalLong deliver() {
        return delayed.get().join();
    }

    @Override
    public CompletableFuture<OptionalLong> put(Bucket bucket, String key, byte[] value, Expectation expectation) {
        return write(List.of(key), () -> writes.put(bucket, key, value, expectation));
    }

    @Override
    public CompletableFuture<OptionalLong> delete(Bucket bucket, String key, Expectation expectation) {
        return write(List.of(key), () -> writes.delete(bucket, key, expectation));
    }

    @Override
    public CompletableFuture<OptionalLong> putAll(Bucket bucket, List<BatchPut> puts) {
        return write(puts.stream().map(BatchPut::key).toList(), () -> writes.putAll(bucket, puts));
    }

    private CompletableFuture<OptionalLong> write(List<String> keys, Supplier<CompletableFuture<OptionalLong>> write) {
        return switch (next(keys)) {
            case NONE -> write.get();
            case DIE_BEFORE -> throw new Died();
            case DIE_AFTER -> {
                write.get().join();
                throw new Died();
            }
            case STALL -> {
                meanwhile.run();
                yield write.get();
            }
            case REFUSE -> CompletableFuture.failedFuture(new StoreUnavailableException("refused by the test", null));
            case LOSE -> {
                meanwhile.run();
                yield CompletableFuture.failedFuture(new OutcomeUnknownException("lost by the test", null));
            }
            case DELAY -> {
                delayed = write;
                meanwhile.run();
                yield CompletableFuture.failedFuture(new OutcomeUnknownException("delayed by the test", null));
            }
            case HIDE -> {
                write.get().join();
                meanwhile.run();
                yield CompletableFuture.failedFuture(new OutcomeUnknownException("hidden by the test", null));
            }
            case DENY -> {
                write.get().join();
                meanwhile.run();
                yield CompletableFuture.completedFuture(OptionalLong.empty());
            }
            case TURN_AWAY -> {
                meanwhile.run();
                yield CompletableFuture.completedFuture(OptionalLong.empty());
            }
        };
    }

    private synchronized Fault next(List<String> keys) {
        if (dead) {
            throw new Died();
        }
        count++;
        if (planned == Fault.NONE || keys.stream().noneMatch(plannedFor) || leftUntilFault-- > 0) {
            return Fault.NONE;
        }
        Fault fault = planned;
        planned = Fault.NONE;
        dead = fault == Fault.DIE_BEFORE || fault == Fault.DIE_AFTER;
        return fault;
    }
}
