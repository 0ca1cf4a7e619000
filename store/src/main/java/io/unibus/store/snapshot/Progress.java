package io.unibus.store.snapshot;

/** Hears how far a long piece of work is. Called often, from one thread at a time. */
@FunctionalInterface
public interface Progress {
    Progress NONE = (step, done, total) -> {};

    /** The pieces of work that take long. */
    enum Step {
        CHECK_SOURCE("checking the source"),
        BACK_UP("backing up"),
        READ_TARGET("reading the target"),
        COMPARE("comparing"),
        WRITE("writing"),
        VERIFY("verifying");

        private final String words;

        Step(String words) {
            this.words = words;
        }

        @Override
        public String toString() {
            return words;
        }
    }

    /** @param total the records there are to do; zero when nobody knows yet */
    void at(Step step, long done, long total);
}
