package io.unibus.client;

import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Repeats a write a bounded number of times until its outcome is certain: after a race that it lost, and after an answer
 * that did not come. In the second case it reads first whether the write was carried out. One use.
 *
 * @param <T> what the write results in
 */
final class CertainWrite<T> {
    private static final int MAX_ATTEMPTS = 4;

    private final Set<String> races;
    private final Supplier<T> attempt;
    private final Supplier<Optional<T>> carriedOut;
    private @Nullable OutcomeUnknownException unanswered;

    /**
     * @param races codes of problems after which the attempt is worth repeating, with what it reads anew
     * @param attempt reads what it needs and writes
     * @param carriedOut reads whether an earlier attempt was carried out; asked only after an answer did not come
     */
    CertainWrite(Set<String> races, Supplier<T> attempt, Supplier<Optional<T>> carriedOut) {
        this.races = races;
        this.attempt = attempt;
        this.carriedOut = carriedOut;
    }

    T run() {
        for (int attempts = 1; ; attempts++) {
            ClientException failure;
            try {
                return attempt.get();
            } catch (OutcomeUnknownException e) {
                unanswered = e;
                failure = e;
            } catch (ProblemException e) {
                failure = e;
            } catch (UnreachableException | UntrustedNodeException e) {
                throw unanswered == null ? e : stillUnknown(unanswered, e);
            }
            Optional<T> result = settled();
            if (result.isPresent()) {
                return result.get();
            }
            if (!isWorthRepeating(failure) || Thread.currentThread().isInterrupted()) {
                throw failure;
            }
            if (attempts == MAX_ATTEMPTS) {
                throw givenUp(failure);
            }
        }
    }

    private Optional<T> settled() {
        if (unanswered == null) {
            return Optional.empty();
        }
        try {
            return carriedOut.get();
        } catch (UnreachableException | UntrustedNodeException e) {
            throw stillUnknown(unanswered, e);
        }
    }

    private boolean isWorthRepeating(ClientException failure) {
        return failure instanceof OutcomeUnknownException
                || (failure instanceof ProblemException problem && races.contains(problem.code()));
    }

    private static ClientException givenUp(ClientException failure) {
        return failure instanceof ProblemException problem
                ? problem.explained("Gave up after " + MAX_ATTEMPTS
                        + " attempts, because others keep changing the room: try again in a moment.")
                : failure;
    }

    private static OutcomeUnknownException stillUnknown(OutcomeUnknownException unanswered, ClientException e) {
        unanswered.addSuppressed(e);
        return unanswered;
    }
}
