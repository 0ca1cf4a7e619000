package io.unibus.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One host of a {@link Cluster}, on which a node runs, dies and is started again. One thread at a time changes it. */
final class ClusterNode {
    static final Duration START_LIMIT = Duration.ofSeconds(130);

    private final Scenario scenario;
    private final ClusterNetwork network;
    private final int number;
    private final Map<String, String> options = new LinkedHashMap<>();
    private final Map<String, String> environment = new LinkedHashMap<>();
    private final List<Proc> paused = new ArrayList<>();
    private final List<NodeProcess> lives = new ArrayList<>();
    private volatile @Nullable NodeProcess process;

    ClusterNode(Scenario scenario, ClusterNetwork network, int number) {
        this.scenario = scenario;
        this.network = network;
        this.number = number;
        option("--name", name());
        option("--cluster", network.clusterAddress(number));
        option("--store", "kv");
    }

    int number() {
        return number;
    }

    String name() {
        return "node" + number;
    }

    /** Where its HTTP answers, through all its lives. */
    URI url() {
        return network.url(number);
    }

    /** Where its nats-server answers the test, through all its lives. */
    String nats() {
        return network.nats(number);
    }

    Path dataDirectory() {
        return scenario.directory(name());
    }

    /** From the next start on. */
    ClusterNode option(String flag, String value) {
        options.put(flag, value);
        return this;
    }

    /** From the next start on. */
    ClusterNode withoutOption(String flag) {
        options.remove(flag);
        return this;
    }

    /** From the next start on. */
    ClusterNode environment(String variable, String value) {
        environment.put(variable, value);
        return this;
    }

    /** What runs a command on this host. */
    List<String> here() {
        return network.on(number);
    }

    /** Returns at once; the node is then starting. */
    ClusterNode start() {
        assertThat(isRunning()).as("%s is running", name()).isFalse();
        NodeProcess.Builder builder = scenario.aNode()
                .in(dataDirectory())
                .named(name())
                .through(here())
                .http(network.host(number) + ":" + ClusterNetwork.HTTP_PORT)
                .nats(network.host(number) + ":" + ClusterNetwork.NATS_PORT);
        options.forEach(builder::with);
        environment.forEach(builder::environment);
        NodeProcess started = builder.start();
        lives.add(started);
        process = started;
        return this;
    }

    NodeProcess.Ready awaitReady() {
        return process().awaitReady(START_LIMIT);
    }

    NodeProcess process() {
        return Optional.ofNullable(process).orElseThrow(() -> new AssertionError(name() + " was not started"));
    }

    boolean isRunning() {
        NodeProcess current = process;
        return current != null && current.isAlive();
    }

    /** Says of itself that it is ready now. */
    boolean isReady() {
        return Http.isReady(url());
    }

    /** What it wrote to standard error in all its lives. */
    String log() {
        StringBuilder log = new StringBuilder();
        lives.forEach(life -> log.append(life.log()));
        return log.toString();
    }

    /** SIGKILL of the Java process; its nats-server is told to end by whoever watches over it. */
    void killJvm() {
        process().killJvm();
    }

    /** SIGKILL of its nats-server. */
    void killChild() {
        process().killChild();
    }

    /** SIGKILL of both in the same moment, nats-server first, so that it hands nothing over. */
    void killHost() {
        process().child().kill();
        process().killJvm();
    }

    void pauseJvm() {
        pause(jvm());
    }

    void pauseChild() {
        pause(process().child());
    }

    /** Both, as when a virtual machine is paused. */
    void pauseHost() {
        Proc child = process().child();
        pause(jvm());
        pause(child);
    }

    private Proc jvm() {
        return Proc.of(process().pid()).orElseThrow(() -> new AssertionError(name() + " does not run"));
    }

    private void pause(Proc proc) {
        proc.pause();
        paused.add(proc);
    }

    /** Whatever of it was paused goes on, unless it has been killed since. */
    void resume() {
        paused.stream().filter(Proc::isRunning).forEach(Proc::resume);
        paused.clear();
    }

    /** Asks it to end, and expects that it does so in order. How long it took. */
    Duration stop() {
        return process().stop();
    }

    /** Starts it again on what data it has, and waits until it is ready. */
    NodeProcess.Ready restart() {
        return start().awaitReady();
    }

    /** The host lost its disk: the next start is on an empty directory. */
    void wipeData() {
        assertThat(isRunning()).as("%s is running", name()).isFalse();
        Await.until(
                "the end of what " + name() + " left",
                Duration.ofSeconds(10),
                () -> Proc.touching(dataDirectory()).isEmpty());
        if (Files.exists(dataDirectory())) {
            Scenario.delete(dataDirectory());
        }
    }

    @Override
    public String toString() {
        return name();
    }
}
