package io.unibus.store.jetstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nats.client.Connection;
import io.nats.client.Message;
import io.nats.client.Subscription;
import io.unibus.store.OutcomeUnknownException;
import io.unibus.store.StoreUnavailableException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Single writes and reads against one real server, answered, refused and lost. */
class JetStreamWritesIT {
    private static final Duration OPERATION = Duration.ofSeconds(2);
    private static final Bucket BUCKET = Bucket.USERS;

    @TempDir
    Path directory;

    private final ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(1);
    private Servers servers;
    private Connection connection;
    private JetStreamWrites writes;
    private JetStreamReads reads;

    @BeforeEach
    void start() {
        servers = Servers.single(directory);
        servers.createBuckets(1);
        connection = servers.connect(0);
        writes = new JetStreamWrites(() -> connection, Timer.on(executor), System::nanoTime, OPERATION);
        reads = new JetStreamReads(() -> connection, System::nanoTime, OPERATION);
    }

    @AfterEach
    void close() {
        executor.shutdownNow();
        servers.close();
    }

    private OptionalLong put(String key, String value, Expectation expectation) {
        return writes.put(BUCKET, key, value.getBytes(StandardCharsets.UTF_8), expectation)
                .join();
    }

    @Test
    void aWriteIsTakenOnlyWhenItsExpectationHolds() {
        assertThat(put("a", "1", Expectation.ABSENT)).hasValue(1);
        assertThat(put("a", "2", Expectation.ABSENT)).isEmpty();
        assertThat(put("a", "2", new Expectation.KeyAt(1))).hasValue(2);
        assertThat(put("b", "1", new Expectation.BucketAt(1))).isEmpty();
        assertThat(put("b", "1", new Expectation.BucketAt(2))).hasValue(3);
        assertThat(writes.delete(BUCKET, "a", new Expectation.KeyAt(1)).join()).isEmpty();
        assertThat(writes.delete(BUCKET, "a", new Expectation.KeyAt(2)).join()).hasValue(4);
        assertThat(put("a", "3", Expectation.ABSENT)).isEmpty();
        assertThat(put("a", "3", new Expectation.KeyAt(4))).hasValue(5);
    }

    @Test
    void bothKindsOfReadsSeeValuesAndRemovals() {
        put("a=/_-.b", "1", Expectation.ABSENT);
        put("gone", "1", Expectation.ABSENT);
        writes.delete(BUCKET, "gone", Expectation.NOTHING).join();
        for (Entry entry : List.of(
                reads.anywhere(BUCKET, "a=/_-.b").orElseThrow(),
                reads.atLeader(BUCKET, "a=/_-.b").orElseThrow())) {
            assertThat(entry.key()).isEqualTo("a=/_-.b");
            assertThat(entry.value()).asString().isEqualTo("1");
            assertThat(entry.revision()).isEqualTo(1);
            assertThat(entry.deleted()).isFalse();
        }
        assertThat(reads.anywhere(BUCKET, "gone").orElseThrow().deleted()).isTrue();
        assertThat(reads.atLeader(BUCKET, "gone").orElseThrow().deleted()).isTrue();
        assertThat(reads.anywhere(BUCKET, "never")).isEmpty();
        assertThat(reads.atLeader(BUCKET, "never")).isEmpty();
        assertThat(reads.facts(BUCKET).lastSequence()).isEqualTo(3);
    }

    @Test
    void aPageHoldsTheLastWritesAndSaysWhatRemains() {
        assertThat(reads.page(BUCKET, 1, 10)).isEqualTo(new Reads.Page(List.of(), 0));
        List<CompletableFuture<OptionalLong>> all = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            all.add(writes.put(BUCKET, "k" + i % 300, new byte[100], Expectation.NOTHING));
        }
        assertThat(all).allMatch(put -> put.join().isPresent());
        Reads.Page page = reads.page(BUCKET, 1, 100);
        assertThat(page.entries()).hasSize(100);
        assertThat(page.entries().get(0).revision()).isEqualTo(701);
        assertThat(page.remaining()).isEqualTo(200);
        assertThat(reads.page(BUCKET, 901, 1_000).entries()).hasSize(100);
        assertThat(reads.page(BUCKET, 1_001, 1_000).entries()).isEmpty();
    }

    @Test
    void aWriteThatNobodyTakesIsUnavailableInTime() throws Exception {
        Servers.management(connection).delete(BUCKET.bucketName());
        long start = System.nanoTime();
        assertThatThrownBy(() -> put("a", "1", Expectation.NOTHING))
                .isInstanceOf(CompletionException.class)
                .hasCauseInstanceOf(StoreUnavailableException.class)
                .hasMessageContaining("no responders");
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isBetween(OPERATION, OPERATION.plusMillis(300));
        CompletableFuture<OptionalLong> put = writes.put(BUCKET, "a", new byte[1], Expectation.NOTHING);
        Servers.createBucket(connection, BUCKET, 1);
        assertThat(put.join()).hasValue(1);
    }

    @Test
    void noCopyIsSentWhoseAnswerWouldComeTooLateToTell() throws Exception {
        Servers.management(connection).delete(BUCKET.bucketName());
        AtomicLong clock = new AtomicLong();
        AtomicInteger sent = new AtomicInteger();
        Connection slow = observed(() -> {
            sent.incrementAndGet();
            clock.addAndGet(OPERATION.toNanos() * 96 / 100);
            return false;
        });
        JetStreamWrites through = new JetStreamWrites(() -> slow, Timer.on(executor), clock::get, OPERATION);
        assertThatThrownBy(through.put(BUCKET, "a", new byte[1], Expectation.NOTHING)::join)
                .hasCauseInstanceOf(StoreUnavailableException.class)
                .hasMessageContaining("no responders");
        assertThat(sent).hasValue(1);
    }

    @Test
    void aWriteWithoutAnAnswerHasAnUnknownOutcome() {
        servers.pause(0);
        long start = System.nanoTime();
        assertThatThrownBy(() -> put("a", "1", Expectation.NOTHING)).hasCauseInstanceOf(OutcomeUnknownException.class);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isBetween(OPERATION, OPERATION.plusMillis(300));
        servers.resume(0);
        Servers.await("late write", () -> reads.anywhere(BUCKET, "a").isPresent());
    }

    /** Takes the place of a bucket until it is closed, and then makes the bucket anew. */
    private final class Impostor implements AutoCloseable {
        private final Subscription requests = connection.subscribe(BUCKET.subject("a"));

        Impostor() throws Exception {
            Servers.management(connection).delete(BUCKET.bucketName());
        }

        Message next() throws InterruptedException {
            return Objects.requireNonNull(requests.nextMessage(OPERATION));
        }

        @Nullable
        Message poll() throws InterruptedException {
            return requests.nextMessage(OPERATION.dividedBy(2));
        }

        void answer(Message request, String json) {
            connection.publish(Objects.requireNonNull(request.getReplyTo()), json.getBytes(StandardCharsets.UTF_8));
        }

        @Override
        public void close() {
            requests.unsubscribe();
            Servers.createBucket(connection, BUCKET, 1);
        }
    }

    private CompletableFuture<OptionalLong> create() {
        return writes.put(BUCKET, "a", new byte[1], Expectation.ABSENT);
    }

    private static final String IN_PROCESS =
            "{\"error\":{\"code\":400,\"err_code\":10164,\"description\":\"wrong last sequence\"}}";

    @Test
    void aWriteWithAnExpectationThatWasLostIsSentAgainInTime() throws Exception {
        CompletableFuture<OptionalLong> put;
        try (Impostor impostor = new Impostor()) {
            put = create();
            impostor.next();
        }
        assertThat(put.join()).hasValue(1);
        assertThat(reads.facts(BUCKET).lastSequence()).isEqualTo(1);
    }

    @Test
    void anAnswerThatComesAfterTheWriteWasSentAgainCounts() throws Exception {
        try (Impostor impostor = new Impostor()) {
            CompletableFuture<OptionalLong> put = create();
            Message first = impostor.next();
            impostor.answer(impostor.next(), IN_PROCESS);
            impostor.answer(impostor.next(), IN_PROCESS);
            assertThat(put).isNotDone();
            impostor.answer(first, "{\"stream\":\"" + BUCKET.stream() + "\",\"seq\":7}");
            assertThat(put.join()).hasValue(7);
        }
    }

    @Test
    void aWriteInTheWayOfWhichAnotherIsUnderWayIsSentAgain() throws Exception {
        CompletableFuture<OptionalLong> put;
        try (Impostor impostor = new Impostor()) {
            put = create();
            impostor.answer(impostor.next(), IN_PROCESS);
        }
        assertThat(put.join()).hasValue(1);
    }

    @Test
    void aWriteThatWasSentAgainMayBeRefusedBecauseItWasTaken() throws Exception {
        CompletableFuture<OptionalLong> put;
        Message first;
        try (Impostor impostor = new Impostor()) {
            put = create();
            first = impostor.next();
        }
        connection.jetStream().publish(first.getSubject(), first.getHeaders(), first.getData());
        assertThat(put.join()).as("what stands there tells").isEmpty();
        assertThat(reads.facts(BUCKET).lastSequence()).isEqualTo(1);
    }

    @Test
    void aWriteThatIsOnlyEverPutOffHasAnUnknownOutcome() throws Exception {
        try (Impostor impostor = new Impostor()) {
            CompletableFuture<OptionalLong> put = create();
            long end = System.nanoTime() + OPERATION.toNanos();
            for (Message next = impostor.poll(); next != null && System.nanoTime() < end; next = impostor.poll()) {
                impostor.answer(next, IN_PROCESS);
            }
            // Another server, which leads now, may have taken what this one put off.
            assertThatThrownBy(put::join).hasCauseInstanceOf(OutcomeUnknownException.class);
        }
    }

    private static BatchPut batchPut(String key, String value, Expectation expectation) {
        return new BatchPut(key, value.getBytes(StandardCharsets.UTF_8), expectation);
    }

    @Test
    void aBatchIsTakenWholeOrNotAtAll() {
        assertThat(writes.putAll(
                                BUCKET,
                                List.of(batchPut("a", "1", Expectation.ABSENT), batchPut("b", "1", Expectation.ABSENT)))
                        .join())
                .hasValue(2);
        for (List<BatchPut> batch : List.of(
                List.of(batchPut("a", "2", Expectation.ABSENT), batchPut("c", "2", Expectation.ABSENT)),
                List.of(batchPut("c", "2", Expectation.ABSENT), batchPut("a", "2", Expectation.ABSENT)))) {
            assertThat(writes.putAll(BUCKET, batch).join()).isEmpty();
        }
        assertThat(reads.anywhere(BUCKET, List.of("a", "b", "c")).keySet()).containsExactlyInAnyOrder("a", "b");
        assertThat(writes.putAll(
                                BUCKET,
                                List.of(
                                        batchPut("c", "2", Expectation.ABSENT),
                                        batchPut("a", "2", new Expectation.KeyAt(1))))
                        .join())
                .hasValue(4);
        assertThat(reads.anywhere(BUCKET, "a").orElseThrow().value()).asString().isEqualTo("2");
    }

    @Test
    void aBatchOfTheLargestSizeIsTaken() {
        List<BatchPut> puts = IntStream.range(0, Writes.MOST_IN_BATCH)
                .mapToObj(i -> batchPut("k" + i, "v", Expectation.NOTHING))
                .toList();
        assertThat(writes.putAll(BUCKET, puts).join()).hasValue(Writes.MOST_IN_BATCH);
        List<String> keys =
                puts.subList(0, Reads.MOST_KEYS).stream().map(BatchPut::key).toList();
        assertThat(reads.anywhere(BUCKET, keys)).hasSize(Reads.MOST_KEYS);
    }

    /** A connection of which one message gets lost. */
    private Connection losing(int nth) {
        AtomicInteger sent = new AtomicInteger();
        return observed(() -> sent.getAndIncrement() == nth);
    }

    /** A connection of which those messages get lost for which {@code isLost}, asked once for each, says so. */
    private Connection observed(BooleanSupplier isLost) {
        return (Connection) Proxy.newProxyInstance(
                Connection.class.getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, arguments) -> {
                    boolean sends = method.getName().equals("publish")
                            || method.getName().equals("requestWithTimeout");
                    if (sends && isLost.getAsBoolean()) {
                        return method.getReturnType() == CompletableFuture.class ? new CompletableFuture<>() : null;
                    }
                    return method.invoke(connection, arguments);
                });
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void aBatchOfWhichAMessageIsLostIsSentAgainWhole(int lost) {
        Connection losing = losing(lost);
        JetStreamWrites through = new JetStreamWrites(() -> losing, Timer.on(executor), System::nanoTime, OPERATION);
        List<BatchPut> batch = List.of(
                batchPut("a", "1", Expectation.ABSENT),
                batchPut("b", "1", Expectation.ABSENT),
                batchPut("c", "1", Expectation.ABSENT));
        assertThat(through.putAll(BUCKET, batch).join()).hasValue(3);
        assertThat(reads.facts(BUCKET).lastSequence()).isEqualTo(3);
    }

    @Test
    void readsOfManyKeysSeeRemovalsAndNothingElse() {
        put("a", "1", Expectation.ABSENT);
        put("gone", "1", Expectation.ABSENT);
        writes.delete(BUCKET, "gone", Expectation.NOTHING).join();
        assertThat(reads.anywhere(BUCKET, List.of("never"))).isEmpty();
        Map<String, Entry> found = reads.anywhere(BUCKET, List.of("a", "gone", "never"));
        assertThat(found).containsOnlyKeys("a", "gone");
        assertThat(Objects.requireNonNull(found.get("gone")).deleted()).isTrue();
        assertThat(Objects.requireNonNull(found.get("a")).revision()).isEqualTo(1);
    }

    @Test
    void whileTheServerIsAwayNothingIsSentAndTheWaitIsBounded() {
        servers.stop(0);
        Servers.await("disconnection", () -> connection.getStatus() != Connection.Status.CONNECTED);
        assertThatThrownBy(() -> put("a", "1", Expectation.NOTHING))
                .hasCauseInstanceOf(StoreUnavailableException.class);
        assertThatThrownBy(() -> reads.anywhere(BUCKET, "a")).isInstanceOf(StoreUnavailableException.class);
        servers.start(0);
        Servers.await("reconnection", () -> connection.getStatus() == Connection.Status.CONNECTED);
        assertThat(put("a", "1", Expectation.ABSENT)).hasValue(1);
    }
}
