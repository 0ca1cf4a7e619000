package io.unibus.store.jetstream;

import java.util.List;
import java.util.function.Consumer;

/** Reads a bucket that no view follows: the whole of it at first and now and then, otherwise what is new. Not thread-safe. */
final class Scan {
    private static final int PAGE = 500;
    /** So that even what is missing is noticed, or that the bucket is another one. */
    private static final int ROUNDS_PER_WHOLE = 60;

    private final Reads reads;
    private final Bucket bucket;
    private long next = 1;
    private int round;

    Scan(Reads reads, Bucket bucket) {
        this.reads = reads;
        this.bucket = bucket;
    }

    /** Whether the next {@link #run} reads the whole bucket. */
    boolean isWhole() {
        return round == 0;
    }

    /** Hands over the records, the removed ones too, which a replica has by now. */
    void run(Consumer<Entry> visitor) {
        if (isWhole()) {
            next = 1;
        }
        Reads.Page page;
        do {
            page = reads.page(bucket, next, PAGE);
            List<Entry> entries = page.entries();
            entries.stream().filter(entry -> Keys.isRecord(entry.key())).forEach(visitor);
            if (entries.isEmpty()) {
                break;
            }
            next = entries.get(entries.size() - 1).revision() + 1;
        } while (page.remaining() > 0);
        round = (round + 1) % ROUNDS_PER_WHOLE;
    }
}
