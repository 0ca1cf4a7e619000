package io.unibus.store.jetstream;

import static io.unibus.store.StoreFixtures.NOW;
import static io.unibus.store.StoreFixtures.admin;
import static io.unibus.store.StoreFixtures.done;
import static io.unibus.store.StoreFixtures.endpoint;
import static io.unibus.store.StoreFixtures.member;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.User;
import io.unibus.store.QuorumUnconfirmedException;
import io.unibus.store.Store;
import io.unibus.store.StoreException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whether there is an admin, and whether a user is active, is asked all the time of a store whose server has lost the two
 * others, or that has lost its server while the two others go on. {@code -Dunibus.quorum.seconds} makes it longer.
 */
final class DecisionsWithoutQuorumIT {
    private static final Duration OPERATION = Duration.ofSeconds(2);
    private static final Duration STALENESS = Duration.ofSeconds(2);
    /** How long after the loss a yes may still be said. */
    private static final Duration BOUND = STALENESS.plus(OPERATION);

    private static final Duration WINDOW = Duration.ofSeconds(Integer.getInteger("unibus.quorum.seconds", 3));

    /** On a busy machine, beyond the time-out of an operation. */
    private static final Duration SCHEDULING = Duration.ofSeconds(1);

    private static final int DECISIONS_PER_SECOND = 200; // of each question
    private static final int DECIDERS = 16; // for each question
    private static final String YES = "yes";
    private static final Endpoint USER = endpoint(2);

    @TempDir
    private Path directory;

    private final Queue<Decision> decisions = new ConcurrentLinkedQueue<>();
    private final AtomicLong end =
            new AtomicLong(System.nanoTime() + Duration.ofHours(1).toNanos());
    private Servers servers;
    private JetStreamStore store;

    /** An answer; times are those of {@link System#nanoTime}. */
    private record Decision(String question, long begin, long end, String answer) {}

    @BeforeEach
    void start() throws IOException {
        servers = Servers.cluster(directory, 3);
        servers.createBuckets(3);
        store = open(0);
        done(store.addUser(admin(endpoint(1))));
        done(store.addUser(member(USER)));
    }

    @AfterEach
    void stop() {
        try (Servers closing = servers) {
            store.close();
            assertThat(closing.count()).isEqualTo(3);
        }
    }

    @Test
    void nobodyIsToldYesWhenTheTwoOtherServersAreKilled() {
        lose(
                "two servers killed",
                () -> {
                    servers.server(1).suspend("killed by the test", OPERATION);
                    servers.server(2).suspend("killed by the test", OPERATION);
                },
                () -> {},
                () -> {
                    servers.server(1).resume();
                    servers.server(2).resume();
                });
        assertThat(isActive(store)).isTrue();
    }

    @Test
    void nobodyIsToldYesWhenTheTwoOtherServersArePaused() {
        lose(
                "two servers paused",
                () -> {
                    servers.pause(1);
                    servers.pause(2);
                },
                () -> {},
                () -> {
                    servers.resume(1);
                    servers.resume(2);
                });
        assertThat(isActive(store)).isTrue();
    }

    @Test
    void nobodyIsToldYesWhenTheOwnServerIsPausedAndTheMajorityRevokes() throws IOException {
        try (JetStreamStore majority = open(1)) {
            lose(
                    "own server paused, user revoked by the others",
                    () -> servers.pause(0),
                    () -> Servers.await("revocation", () -> isRevokedThrough(majority)),
                    () -> servers.resume(0));
            assertThat(isActive(store)).isFalse();
        }
    }

    private JetStreamStore open(int server) throws IOException {
        var connection = servers.connect(server);
        return JetStreamStore.open(() -> connection, JetStreamOptions.of("n" + server, OPERATION, STALENESS));
    }

    /** What the control plane decides by. */
    private static boolean isActive(Store store) {
        return store.findUser(USER).map(User::isActive).orElse(true);
    }

    private static boolean isRevokedThrough(Store store) {
        try {
            return !done(store.revokeUser(USER, NOW)).isActive();
        } catch (StoreException electing) {
            return false;
        }
    }

    private void lose(String what, Runnable strike, Runnable meanwhile, Runnable heal) {
        ExecutorService threads = Executors.newCachedThreadPool();
        try {
            List<Future<?>> deciders = new ArrayList<>();
            for (int i = 0; i < DECIDERS; i++) {
                deciders.add(threads.submit(() -> decide("hasAdmin", store::hasAdmin)));
                deciders.add(threads.submit(() -> decide("isAuthorized", () -> isActive(store))));
            }
            Servers.await("yes to both questions", () -> isSaid("hasAdmin") && isSaid("isAuthorized"));
            strike.run();
            long struck = System.nanoTime();
            meanwhile.run();
            long healing = Math.max(struck + BOUND.toNanos(), System.nanoTime()) + WINDOW.toNanos();
            end.set(healing);
            for (Future<?> decider : deciders) {
                decider.get(BOUND.plus(WINDOW).toSeconds() + 30, TimeUnit.SECONDS);
            }
            heal.run();
            long healed = System.nanoTime();
            Servers.await("service again", () -> catchThrowable(() -> isActive(store)) == null && store.hasAdmin());
            judge(what, struck, healing, Duration.ofNanos(System.nanoTime() - healed));
        } catch (ExecutionException | TimeoutException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        } finally {
            threads.shutdownNow();
        }
    }

    private boolean isSaid(String question) {
        return decisions.stream()
                .anyMatch(decision -> decision.question().equals(question)
                        && decision.answer().equals(YES));
    }

    private void decide(String question, BooleanSupplier ask) {
        long period = Duration.ofSeconds(1).toNanos() * DECIDERS / DECISIONS_PER_SECOND;
        long next = System.nanoTime();
        while (System.nanoTime() - end.get() < 0) {
            long begin = System.nanoTime();
            String answer = answer(ask);
            decisions.add(new Decision(question, begin, System.nanoTime(), answer));
            next = Math.max(next + period, System.nanoTime() - period);
            LockSupport.parkNanos(next - System.nanoTime());
        }
    }

    private static String answer(BooleanSupplier ask) {
        try {
            return ask.getAsBoolean() ? YES : "no";
        } catch (RuntimeException e) {
            return e.getClass().getSimpleName();
        }
    }

    private void judge(String what, long struck, long healing, Duration recovery) {
        Predicate<Decision> without =
                decision -> decision.begin() - struck > BOUND.toNanos() && decision.begin() - healing < 0;
        List<Decision> late = decisions.stream().filter(without).toList();
        long lastYes = decisions.stream()
                .filter(decision -> decision.answer().equals(YES))
                .mapToLong(decision -> decision.end() - struck)
                .max()
                .orElse(0);
        long slowest = late.stream()
                .mapToLong(decision -> decision.end() - decision.begin())
                .max()
                .orElse(0);
        for (String question : List.of("hasAdmin", "isAuthorized")) {
            List<Decision> asked = late.stream()
                    .filter(decision -> decision.question().equals(question))
                    .toList();
            System.out.printf(
                    "DecisionsWithoutQuorumIT: %s: %s: %d answers in %d ms, of them %d yes%n",
                    what,
                    question,
                    asked.size(),
                    (healing - struck - BOUND.toNanos()) / 1_000_000,
                    asked.stream()
                            .filter(decision -> decision.answer().equals(YES))
                            .count());
            assertThat(asked).as(question + " without a quorum").isNotEmpty();
        }
        System.out.printf(
                "DecisionsWithoutQuorumIT: %s: last yes %d ms after it, slowest answer after %d ms,"
                        + " service %d ms after healing%n",
                what, lastYes / 1_000_000, slowest / 1_000_000, recovery.toMillis());
        assertThat(late).extracting(Decision::answer).containsOnly(QuorumUnconfirmedException.class.getSimpleName());
        assertThat(Duration.ofNanos(slowest)).as("slowest answer").isLessThan(OPERATION.plus(SCHEDULING));
    }
}
