package io.unibus.store.jetstream;

import java.util.concurrent.CompletableFuture;

/** The end of a bucket as this process follows it, which a fence must reach. Thread-safe. */
interface Tail {
    /** Completes when no repair is under way, which may be now; fails when the tail is closed. */
    CompletableFuture<Mark> whole();

    /** Whether the view was not repaired, and needs no repair, since that mark. */
    boolean stands(Mark mark);

    /** Completes when the view holds the bucket up to that revision; fails when the bucket is made anew or closed. */
    CompletableFuture<Void> reached(long revision);

    /** Fetches what is missing up to a revision that was acknowledged and has not come by itself. */
    void fetch(long revision);

    /** Forgets everything and reads the bucket anew: it is another one than before. */
    void rebuild();

    /**
     * Where a fence begins.
     *
     * @param applied what the view held then: an acknowledgement of less comes from another stream
     */
    record Mark(long generation, long applied) {}

    /** Of a bucket that nobody follows: an acknowledged write is all that a fence needs. */
    Tail NONE = new Tail() {
        private final Mark mark = new Mark(0, 0);

        @Override
        public CompletableFuture<Mark> whole() {
            return CompletableFuture.completedFuture(mark);
        }

        @Override
        public boolean stands(Mark since) {
            return true;
        }

        @Override
        public CompletableFuture<Void> reached(long revision) {
            return CompletableFuture.allOf();
        }

        @Override
        public void fetch(long revision) {}

        @Override
        public void rebuild() {}
    };
}
