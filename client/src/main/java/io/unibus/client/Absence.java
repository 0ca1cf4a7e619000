package io.unibus.client;

import java.util.Optional;
import java.util.function.Supplier;

/** Reads for which "there is none" is an answer like another. */
final class Absence {
    private static final int NOT_FOUND = 404;

    private Absence() {}

    /** What {@code read} gives; empty when the node answers that it does not exist or may not be seen. */
    static <T> Optional<T> of(Supplier<T> read) {
        try {
            return Optional.of(read.get());
        } catch (ProblemException e) {
            if (e.status() == NOT_FOUND) {
                return Optional.empty();
            }
            throw e;
        }
    }
}
