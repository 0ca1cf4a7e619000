package io.unibus.bootstrap;

import io.unibus.store.jetstream.Link;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;

/**
 * Brings the five buckets up on a cluster that may still be forming: nothing that exists is removed or made anew. A new
 * cluster is open when every bucket has its target number of replicas and all are current; one that had that once is open
 * as soon as a quorum of every bucket takes a write, and {@link ReplicaKeeper} sees to the rest. Thread-safe.
 */
public final class Bootstrap {
    private final String nodeName;
    private final Link control;
    private final ServerQueries servers;
    private final PeerProbes probes;
    private final List<Peer> peers;
    private final InstantSource clock;

    /**
     * Does nothing yet.
     *
     * @param control to this node's own server, as the account that owns the buckets
     * @param peers where the servers of the cluster listen for each other; the own address may be among them; empty for a
     *     node without a cluster
     */
    public Bootstrap(
            String nodeName,
            Link control,
            ServerQueries servers,
            PeerProbes probes,
            List<Peer> peers,
            InstantSource clock) {
        this.nodeName = nodeName;
        this.control = control;
        this.servers = servers;
        this.probes = probes;
        this.peers = List.copyOf(peers);
        this.clock = clock;
    }

    /**
     * What was found or made.
     *
     * @param replicas the smallest number of replicas that a bucket is configured with
     */
    public record Opened(int replicas, Duration took) {}

    /**
     * Returns when the store is open; says every 5 seconds what it waits for.
     *
     * @param replicas the target, 1 to 5
     * @param limit of the whole
     * @throws BootstrapException when the limit is over, saying what was waited for; or when interrupted, with the flag set
     */
    public Opened open(int replicas, Duration limit) {
        if (replicas < 1 || replicas > 5) {
            throw new IllegalArgumentException("replicas are 1 to 5, not " + replicas);
        }
        return new Opening(
                        new JetStreamBuckets(control, nodeName),
                        replicas,
                        limit,
                        new MissingPeers(nodeName, peers, servers, probes),
                        clock,
                        Timing.system())
                .run();
    }
}
