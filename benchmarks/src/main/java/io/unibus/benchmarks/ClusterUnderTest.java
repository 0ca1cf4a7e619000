package io.unibus.benchmarks;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/** Three packaged nodes, started through {@code bin/unibus-cluster} in a directory of their own. */
final class ClusterUnderTest implements AutoCloseable {
    private final Path script;
    private final Path directory;
    private final Map<String, String> environment;
    private final String network;
    private double millisUntilReady;

    private ClusterUnderTest(Path root, Path directory, Map<String, String> environment) {
        this.script = root.resolve("bin/unibus-cluster");
        this.directory = directory;
        this.environment = environment;
        this.network = "127." + ThreadLocalRandom.current().nextInt(1, 255) + "."
                + ThreadLocalRandom.current().nextInt(1, 255);
    }

    /** Returns when all three serve. */
    static ClusterUnderTest start(Path root, Path directory) throws IOException {
        return start(root, directory, Map.of());
    }

    /**
     * Returns when all three serve.
     *
     * @param environment variables for the nodes, such as {@code UNIBUS_JAR}
     */
    static ClusterUnderTest start(Path root, Path directory, Map<String, String> environment) throws IOException {
        ClusterUnderTest cluster = new ClusterUnderTest(root, directory, environment);
        long begin = System.nanoTime();
        cluster.run("up");
        cluster.millisUntilReady = (System.nanoTime() - begin) / 1e6;
        return cluster;
    }

    /** From the start of the script until its end. */
    double millisUntilReady() {
        return millisUntilReady;
    }

    /** Of node 1 to 3. */
    URI url(int node) {
        return URI.create("http://" + network + "." + node + ":8420");
    }

    /** Returns where the server of node 1 to 3 takes clients. */
    String natsAddress(int node) {
        return network + "." + node + ":4222";
    }

    /** Returns the file with the key of the cluster. */
    Path clusterKey() {
        return directory.resolve("cluster.key");
    }

    private void run(String command) throws IOException {
        Path log = directory.resolve("unibus-cluster.log");
        ProcessBuilder builder = new ProcessBuilder(script.toString(), command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().putAll(environment);
        builder.environment().put("UNIBUS_CLUSTER_DIR", directory.toString());
        builder.environment().put("UNIBUS_CLUSTER_NETWORK", network);
        Process process = builder.start();
        try {
            if (!process.waitFor(3, TimeUnit.MINUTES) || process.exitValue() != 0) {
                process.destroyForcibly();
                throw new IOException(command + " failed:\n" + Files.readString(log));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted during " + command, e);
        }
    }

    @Override
    public void close() throws IOException {
        run("down");
    }
}
