package io.unibus.cluster;

import io.nats.client.Connection;
import io.unibus.protocol.Endpoint;
import io.unibus.protocol.User;
import io.unibus.store.QuorumUnconfirmedException;
import io.unibus.store.Store;
import io.unibus.store.StoreException;
import io.unibus.store.jetstream.JetStreamOptions;
import io.unibus.store.jetstream.JetStreamStore;
import java.util.function.BooleanSupplier;

/** The replicated store as a node has it, in this process, over the server of one node. Closed by whoever made it. */
final class StoreOfNode implements AutoCloseable {
    static final String REFUSED = "quorum-unconfirmed";

    private final int node;
    private final Connection connection;
    private final Store store;

    private StoreOfNode(int node, Connection connection, Store store) {
        this.node = node;
        this.connection = connection;
        this.store = store;
    }

    static StoreOfNode of(Cluster cluster, ClusterNode node) {
        Connection connection = ControlLogin.to(node.nats(), cluster.key());
        JetStreamOptions options = JetStreamOptions.of("test-on-" + node.name(), Judge.OP_TIMEOUT, Judge.MAX_STALENESS);
        return new StoreOfNode(node.number(), connection, JetStreamStore.open(() -> connection, options));
    }

    /** Whether there is an admin; the answer goes into the history. */
    void askForAdmin(Endpoint user, History history) {
        ask("hasAdmin", user, history, store::hasAdmin);
    }

    /** Whether a user is active, as the control plane decides it; the answer goes into the history. */
    void askForUser(Endpoint user, History history) {
        ask("isAuthorized", user, history, () -> isActive(user));
    }

    private void ask(String question, Endpoint user, History history, BooleanSupplier answer) {
        long begin = System.nanoTime();
        String said = said(answer);
        history.add(new Operation(question, user, node, "", begin, System.nanoTime(), 0, said));
    }

    private static String said(BooleanSupplier answer) {
        try {
            return answer.getAsBoolean() ? Operation.OK : "no";
        } catch (QuorumUnconfirmedException e) {
            return REFUSED;
        } catch (StoreException e) {
            return e.toString();
        }
    }

    boolean isActive(Endpoint user) {
        return store.findUser(user).map(User::isActive).orElse(true);
    }

    /** Whether it answers now. */
    boolean isServing() {
        return said(store::hasAdmin).equals(Operation.OK);
    }

    @Override
    public void close() {
        store.close();
        try {
            connection.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
