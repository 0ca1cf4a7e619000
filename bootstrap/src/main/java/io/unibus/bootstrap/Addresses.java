package io.unibus.bootstrap;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The addresses of names. A name that does not resolve soon has the address that it had last: whoever is cut off from
 * the peers is often cut off from the name server too. Thread-safe.
 */
final class Addresses {
    private final Resolver resolver;
    private final Executor executor;
    private final long patienceMillis;
    private final long limitMillis;
    private final Map<String, InetAddress> last = new ConcurrentHashMap<>();
    private final Map<String, CompletableFuture<InetAddress>> running = new ConcurrentHashMap<>();

    /** It may take long. */
    @FunctionalInterface
    interface Resolver {
        InetAddress resolve(String host) throws UnknownHostException;
    }

    /**
     * @param patienceMillis for a name whose last address is known
     * @param limitMillis for any other
     */
    Addresses(Resolver resolver, Executor executor, long patienceMillis, long limitMillis) {
        this.resolver = resolver;
        this.executor = executor;
        this.patienceMillis = patienceMillis;
        this.limitMillis = limitMillis;
    }

    /** Empty when there is none in time and there never was one. */
    Optional<InetAddress> of(String host) throws InterruptedException {
        // one that hangs is not joined by another: there may be a look every second for hours
        CompletableFuture<InetAddress> resolving =
                running.compute(host, (name, before) -> before == null || before.isDone() ? begin(name) : before);
        Optional<InetAddress> before = Optional.ofNullable(last.get(host));
        try {
            return Optional.of(resolving.get(before.isPresent() ? patienceMillis : limitMillis, TimeUnit.MILLISECONDS));
        } catch (ExecutionException | TimeoutException e) {
            return before;
        }
    }

    private CompletableFuture<InetAddress> begin(String host) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        InetAddress address = resolver.resolve(host);
                        last.put(host, address);
                        return address;
                    } catch (UnknownHostException e) {
                        throw new CompletionException(e);
                    }
                },
                executor);
    }
}
