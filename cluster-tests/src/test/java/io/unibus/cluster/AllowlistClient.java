package io.unibus.cluster;

import io.unibus.client.ClientException;
import io.unibus.client.Identity;
import io.unibus.client.OutcomeUnknownException;
import io.unibus.client.ProblemException;
import io.unibus.client.UnreachableException;
import io.unibus.protocol.AddUserRequest;
import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Handle;
import io.unibus.protocol.UserRole;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.function.BooleanSupplier;

/**
 * An admin who adds users and revokes them, each of whom asks every node for a decision again and again, before and after.
 * One thread.
 */
final class AllowlistClient implements Runnable {
    private static final Duration PAUSE = Duration.ofMillis(25);
    private static final int ROUNDS_BEFORE = 8;

    private final ClusterClient admin;
    private final List<URI> nodes;
    private final UserLedger users;
    private final History history;
    private final Duration askAfterwards;
    private final Random random;
    private final BooleanSupplier goesOn;

    /** @param askAfterwards how long a revoked user still asks; longer than it may be admitted */
    AllowlistClient(
            ClusterClient admin,
            List<URI> nodes,
            UserLedger users,
            History history,
            Duration askAfterwards,
            Random random,
            BooleanSupplier goesOn) {
        this.admin = admin;
        this.nodes = List.copyOf(nodes);
        this.users = users;
        this.history = history;
        this.askAfterwards = askAfterwards;
        this.random = random;
        this.goesOn = goesOn;
    }

    @Override
    public void run() {
        while (goesOn.getAsBoolean()) {
            Identity identity = Identity.generate(Randoms.secure(random));
            if (add(identity.endpoint())) {
                ClusterClient user = new ClusterClient(nodes, identity, 1, Duration.ZERO, history);
                for (int i = 0; i < ROUNDS_BEFORE; i++) {
                    askEveryNode(user);
                }
                if (revoke(identity.endpoint())) {
                    long begin = System.nanoTime();
                    while (goesOn.getAsBoolean() && System.nanoTime() - begin < askAfterwards.toNanos()) {
                        askEveryNode(user);
                    }
                }
            }
            Await.pause(PAUSE);
        }
    }

    /** Whether it was acknowledged. */
    private boolean add(Endpoint endpoint) {
        Handle handle = new Handle("user-" + endpoint.nkey().substring(48));
        try {
            admin.ask("add", endpoint, node -> node.addUser(new AddUserRequest(endpoint, handle, UserRole.MEMBER)));
            users.added(endpoint, true);
            return true;
        } catch (OutcomeUnknownException e) {
            users.added(endpoint, false);
            return false;
        } catch (UnreachableException e) {
            return false;
        } catch (ProblemException e) {
            requireUnavailable(e);
            return false;
        }
    }

    /** Whether it was acknowledged. Final, so that it can be repeated until it is. */
    private boolean revoke(Endpoint endpoint) {
        users.revoking(endpoint);
        while (goesOn.getAsBoolean()) {
            try {
                admin.ask("revoke", endpoint, node -> node.revokeUser(endpoint));
                users.revoked(endpoint, System.nanoTime());
                return true;
            } catch (ProblemException e) {
                requireUnavailable(e);
            } catch (OutcomeUnknownException | UnreachableException e) {
                // once more
            }
            Await.pause(PAUSE);
        }
        return false;
    }

    private static void requireUnavailable(ProblemException e) {
        if (e.status() != 503) {
            throw e;
        }
    }

    /** Whatever the answers are, the judge looks at them. */
    private void askEveryNode(ClusterClient user) {
        for (int node = 1; node <= nodes.size(); node++) {
            try {
                user.askOnce(node, "decision", user.caller(), client -> client.roomsOf(user.caller()));
            } catch (ClientException e) {
                // in the history too
            }
        }
        Await.pause(PAUSE);
    }
}
