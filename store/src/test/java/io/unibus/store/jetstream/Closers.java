package io.unibus.store.jetstream;

import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** What a test has opened, closed after it, the last first. */
final class Closers implements AfterEachCallback {
    private final Deque<AutoCloseable> closers = new ArrayDeque<>();

    <T extends AutoCloseable> T add(T closer) {
        closers.push(closer);
        return closer;
    }

    @Override
    public void afterEach(ExtensionContext context) throws Exception {
        while (!closers.isEmpty()) {
            closers.pop().close();
        }
    }
}
