/**
 * Runs a bundled {@code nats-server} as a supervised child process: no installation, no container, no NATS client.
 *
 * <pre>{@code
 * Path data = Path.of("data");
 * InstalledBinary binary = NatsBinary.bundled().installInto(data.resolve("bin"));
 * ServerConfig config = ServerConfig.builder("my-server")
 *         .clients(new HostPort("127.0.0.1", 0))
 *         .jetStream(data.resolve("jetstream"))
 *         .account(new Account("APP", true, List.of(User.password("app", Secret.of("s3cret")))))
 *         .build();
 * try (NatsServer server = NatsServer.builder(binary, config, data)
 *         .probeLogin(ProbeLogin.password("app", Secret.of("s3cret")))
 *         .build()) {
 *     server.start(Duration.ofSeconds(10)); // ready: it answered a query as this very child
 *     connect("nats://" + server.clientAddress());
 * }
 * }</pre>
 *
 * <p>Guaranteed on Linux: the child is gone within a second of the end of the JVM, however it ended; no start leaves two
 * servers on one run directory; a child that dies is started again under {@link io.unibus.embeddednats.RestartPolicy},
 * and never after a planned stop; a child that is suspended is killed at once, and none runs until it is resumed; no
 * process but the own child and its leftovers is ever signalled; a JetStream store with streams is never taken from a
 * server alone into a cluster, nor out of its cluster.
 *
 * <p>Not guaranteed: on other systems a child can outlive a JVM that was killed, until the next start ends it. Ready
 * means that this server answers; in a cluster it does not mean that there is a quorum.
 */
@NullMarked
package io.unibus.embeddednats;

import org.jspecify.annotations.NullMarked;
