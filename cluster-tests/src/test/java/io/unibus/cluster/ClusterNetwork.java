package io.unibus.cluster;

import java.net.URI;
import java.util.List;

/** The addresses of the nodes of one cluster, numbered from 1, and what can be done to the paths between them. */
interface ClusterNetwork {
    int HTTP_PORT = 8420;
    int NATS_PORT = 4222;
    int CLUSTER_PORT = 6222;

    /** What runs a command on the host of that node. */
    List<String> on(int node);

    /** Where the node listens for other nodes. */
    String clusterAddress(int node);

    /** Where it listens for HTTP and for peers, as seen on its own host. */
    String host(int node);

    /** Where the test reaches its HTTP, also when it is cut off from the other nodes. */
    URI url(int node);

    /** Where the test reaches its nats-server, also when it is cut off from the other nodes. */
    String nats(int node);

    /** From now on packets between the two vanish, in both directions. */
    void cut(int one, int other);

    /** Undoes every {@link #cut}. */
    void heal();
}
