package io.unibus.benchmarks;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.LongAdder;

/** The same operation by a number of clients, each waiting for its answer before it begins the next. */
final class Load {
    private Load() {}

    /** One operation of one client. */
    interface Operation {
        void run() throws Exception;
    }

    /** Makes what one client needs. */
    interface Client {
        Operation open(int number) throws Exception;
    }

    /** Operations a second, by that many clients for that time, after a third of it to warm up. */
    static double perSecond(int clients, Duration time, Client client) throws Exception {
        Duration warmUp = time.dividedBy(3);
        run(clients, warmUp, client);
        return run(clients, time, client) / (time.toMillis() / 1e3);
    }

    private static double run(int clients, Duration time, Client client) throws Exception {
        LongAdder done = new LongAdder();
        ExecutorService threads = Executors.newFixedThreadPool(clients);
        try {
            List<Operation> operations = new ArrayList<>();
            for (int i = 0; i < clients; i++) {
                operations.add(client.open(i));
            }
            long deadline = System.nanoTime() + time.toNanos();
            List<Future<?>> running = new ArrayList<>();
            for (Operation operation : operations) {
                running.add(threads.submit(() -> {
                    while (System.nanoTime() - deadline < 0) {
                        operation.run();
                        done.increment();
                    }
                    return null;
                }));
            }
            for (Future<?> each : running) {
                each.get();
            }
            return done.sum();
        } catch (ExecutionException e) {
            throw new IllegalStateException("a client failed", e);
        } finally {
            threads.shutdownNow();
        }
    }
}
