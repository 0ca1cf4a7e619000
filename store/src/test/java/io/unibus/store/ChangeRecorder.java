package io.unibus.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Records what a listener to changes is told, for tests that wait for it, and fails those in which the order is wrong.
 * Thread-safe.
 */
public final class ChangeRecorder implements ChangeListener {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final List<StoreChange> changes = new ArrayList<>();
    private final Map<ChangeSource, Long> starts = new EnumMap<>(ChangeSource.class);
    private final List<String> problems = new ArrayList<>();
    private ChangePosition position;

    public ChangeRecorder() {
        this(ChangePosition.NONE);
    }

    /** Goes on after a position. */
    public ChangeRecorder(ChangePosition position) {
        this.position = position;
    }

    @Override
    public synchronized void changed(StoreChange change) {
        if (position.in(change.source()).orElse(Long.MAX_VALUE) > change.revision()) {
            problems.add(change + " at position " + position);
        }
        position = position.with(change.source(), change.revision());
        changes.add(change);
        notifyAll();
    }

    @Override
    public synchronized void startsAfter(ChangeSource source, long revision) {
        starts.put(source, revision);
        position = position.with(source, revision);
        notifyAll();
    }

    /** Where the next run of this listener goes on. */
    public synchronized ChangePosition position() {
        return position;
    }

    /** Where the telling began anew, by source. */
    public synchronized Map<ChangeSource, Long> starts() {
        return Map.copyOf(starts);
    }

    /** All changes so far. */
    public synchronized List<StoreChange> changes() {
        assertThat(problems).as("changes out of order, or before the start").isEmpty();
        return List.copyOf(changes);
    }

    public synchronized void forget() {
        changes.clear();
        starts.clear();
    }

    /** Waits until the changes of users are these, in the form {@code "user-added 1 admin"} with the number of the endpoint. */
    public void awaitUsers(String... expected) {
        awaitExactly(change -> change.room().isEmpty(), expected);
    }

    /** Waits until the changes of rooms are these, in a form such as {@code "member-added room-1 2 owner"}. */
    public void awaitRooms(String... expected) {
        awaitExactly(change -> change.room().isPresent(), expected);
    }

    /** Waits until the telling of a source began anew. */
    public synchronized void awaitStart(ChangeSource source) {
        await(() -> starts.containsKey(source), () -> "no start of " + source);
    }

    /** Waits for a condition that changes may bring about. */
    public synchronized void await(BooleanSupplier condition) {
        await(
                condition,
                () -> "told " + changes.stream().map(ChangeRecorder::text).toList());
    }

    private synchronized void awaitExactly(Predicate<StoreChange> ofKind, String... expected) {
        await(() -> texts(ofKind).size() >= expected.length, () -> "told only " + texts(ofKind));
        assertThat(texts(ofKind)).containsExactly(expected);
        assertThat(problems).as("changes out of order, or before the start").isEmpty();
    }

    private List<String> texts(Predicate<StoreChange> ofKind) {
        return changes.stream().filter(ofKind).map(ChangeRecorder::text).toList();
    }

    private static String text(StoreChange change) {
        List<String> words = new ArrayList<>(List.of(change.kind().toString()));
        change.room().ifPresent(room -> words.add(room.value()));
        change.endpoint().ifPresent(endpoint -> words.add(number(endpoint)));
        change.epoch().map(Epoch::toString).ifPresent(words::add);
        change.role().ifPresent(words::add);
        return String.join(" ", words);
    }

    private static String number(Endpoint endpoint) {
        for (int number = 0; number < 1_000; number++) {
            if (StoreFixtures.endpoint(number).equals(endpoint)) {
                return Integer.toString(number);
            }
        }
        return endpoint.toString();
    }

    private synchronized void await(BooleanSupplier condition, Supplier<String> problem) {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        try {
            while (!condition.getAsBoolean()) {
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    throw new AssertionError("not within " + LIMIT + ": " + problem.get());
                }
                wait(left / 1_000_000 + 1);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }
}
