package io.unibus.store;

import java.util.function.Function;

/** The expected outcomes of an operation: what was asked for, or why not. Faults are exceptions. */
public sealed interface Outcome<T> {
    record Done<T>(T value) implements Outcome<T> {}

    record Refused<T>(Rejection rejection) implements Outcome<T> {}

    static <T> Outcome<T> done(T value) {
        return new Done<>(value);
    }

    static <T> Outcome<T> refused(Rejection rejection) {
        return new Refused<>(rejection);
    }

    /** Applies {@code next} to the value, or hands the rejection on. */
    default <R> Outcome<R> flatMap(Function<? super T, Outcome<R>> next) {
        if (this instanceof Done<T> done) {
            return next.apply(done.value());
        }
        return refused(((Refused<T>) this).rejection());
    }

    default <R> Outcome<R> map(Function<? super T, ? extends R> next) {
        return flatMap(value -> done(next.apply(value)));
    }
}
