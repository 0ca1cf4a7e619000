package io.unibus.cluster;

import io.unibus.client.ClientException;
import io.unibus.client.ControlPlaneClient;
import io.unibus.client.Identity;
import io.unibus.client.OutcomeUnknownException;
import io.unibus.client.ProblemException;
import io.unibus.client.UnreachableException;
import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Room;
import io.unibus.protocol.RoomKey;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;

/**
 * One identity that may ask any node. A node that cannot answer, or says that it did nothing, is left for the next, for a
 * limited time; a write without a certain answer is not repeated. Whatever is asked goes into the history. One thread.
 */
final class ClusterClient {
    private static final Duration CONNECT_LIMIT = Duration.ofSeconds(2);
    /** More than twice the time limit of an operation on the store. */
    private static final Duration REQUEST_LIMIT = Duration.ofSeconds(6);

    private static final Duration PAUSE = Duration.ofMillis(20);
    private static final int UNAVAILABLE = 503;

    private final List<ControlPlaneClient> nodes;
    private final int offset;
    private final History history;
    private final Duration patience;
    private int current;

    /**
     * @param first number of the node that is asked as long as it answers
     * @param patience how long a request is repeated
     */
    ClusterClient(List<URI> nodes, Identity identity, int first, Duration patience, History history) {
        this(nodes, identity, first, patience, history, 1);
    }

    private ClusterClient(
            List<URI> nodes, Identity identity, int first, Duration patience, History history, int offset) {
        this.offset = offset;
        this.nodes = nodes.stream()
                .map(url -> ControlPlaneClient.of(url, identity, CONNECT_LIMIT, REQUEST_LIMIT))
                .toList();
        this.history = history;
        this.patience = patience;
        this.current = (first - 1) % nodes.size();
    }

    /** Asks that node only, and without patience. */
    static ClusterClient ofOne(ClusterNode node, Identity identity, History history) {
        return new ClusterClient(List.of(node.url()), identity, 1, Duration.ZERO, history, node.number());
    }

    Endpoint caller() {
        return nodes.get(0).caller();
    }

    /**
     * Asks one node after another.
     *
     * @throws ProblemException when it was refused, at last
     * @throws UnreachableException when no node could be reached, and nothing was written
     * @throws OutcomeUnknownException when it may or may not have happened
     */
    <T> T ask(String name, Object about, Function<ControlPlaneClient, T> request) {
        long begin = System.nanoTime();
        boolean failed = false;
        while (true) {
            try {
                T result = askOnce(name, about, request);
                if (failed) {
                    history.addCure(caller(), begin, System.nanoTime());
                }
                return result;
            } catch (UnreachableException e) {
                if (isOver(begin)) {
                    throw e;
                }
            } catch (ProblemException e) {
                if (e.status() != UNAVAILABLE || isOver(begin)) {
                    throw e;
                }
            } catch (OutcomeUnknownException e) {
                moveOn();
                throw e;
            }
            failed = true;
            moveOn();
            Await.pause(PAUSE);
        }
    }

    /** Asks the present node, once. */
    <T> T askOnce(String name, Object about, Function<ControlPlaneClient, T> request) {
        return askOnce(current + offset, name, about, request);
    }

    /** Asks the node of that number, once. */
    <T> T askOnce(int node, String name, Object about, Function<ControlPlaneClient, T> request) {
        long begin = System.nanoTime();
        try {
            T result = request.apply(nodes.get(node - offset));
            record(node, name, about, begin, epochOf(result), Operation.OK);
            return result;
        } catch (ClientException e) {
            record(node, name, about, begin, 0, answerOf(e));
            throw e;
        }
    }

    private void record(int node, String name, Object about, long begin, long epoch, String answer) {
        history.add(new Operation(name, caller(), node, about.toString(), begin, System.nanoTime(), epoch, answer));
    }

    private static long epochOf(Object result) {
        if (result instanceof Room room) {
            return room.epoch().number();
        }
        return result instanceof RoomKey key ? key.epoch().number() : 0;
    }

    private static String answerOf(ClientException e) {
        if (e instanceof ProblemException problem) {
            return problem.status() + " " + problem.code();
        }
        if (e instanceof OutcomeUnknownException) {
            return e.getCause() instanceof ProblemException problem
                    ? Operation.UNANSWERED + " " + problem.status() + " " + problem.code()
                    : Operation.UNANSWERED;
        }
        return e instanceof UnreachableException ? Operation.UNREACHABLE : e.toString();
    }

    private boolean isOver(long begin) {
        return System.nanoTime() - begin > patience.toNanos();
    }

    private void moveOn() {
        current = (current + 1) % nodes.size();
    }
}
