package io.unibus.cluster;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.util.List;
import java.util.Random;

/**
 * Nodes on loopback addresses that no other test uses: fixed ports on a network of its own within 127.0.0.0/8, so that no
 * port is chosen by one and taken by another. Its paths cannot be cut.
 */
final class LoopbackNetwork implements ClusterNetwork {
    private static final int TRIES = 20;

    private final String network;

    private LoopbackNetwork(String network) {
        this.network = network;
    }

    static LoopbackNetwork unused(Random random) {
        for (int i = 0; i < TRIES; i++) {
            String network = "127." + (1 + random.nextInt(250)) + "." + (1 + random.nextInt(250)) + ".";
            if (List.of(HTTP_PORT, NATS_PORT, CLUSTER_PORT).stream().allMatch(port -> isFree(network + 1, port))) {
                return new LoopbackNetwork(network);
            }
        }
        throw new AssertionError("no free loopback addresses: does something listen on all of them?");
    }

    private static boolean isFree(String address, int port) {
        try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getByName(address))) {
            return socket.isBound();
        } catch (IOException taken) {
            return false;
        }
    }

    @Override
    public List<String> on(int node) {
        return List.of();
    }

    @Override
    public String clusterAddress(int node) {
        return host(node) + ":" + CLUSTER_PORT;
    }

    @Override
    public String host(int node) {
        return network + node;
    }

    @Override
    public URI url(int node) {
        return URI.create("http://" + host(node) + ":" + HTTP_PORT);
    }

    @Override
    public String nats(int node) {
        return host(node) + ":" + NATS_PORT;
    }

    @Override
    public void cut(int one, int other) {
        throw new AssertionError("loopback paths cannot be cut: ask for withPartitions()");
    }

    @Override
    public void heal() {
        // nothing was cut
    }
}
