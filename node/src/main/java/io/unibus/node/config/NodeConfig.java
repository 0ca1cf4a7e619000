package io.unibus.node.config;

import io.unibus.embeddednats.DebugMode;
import io.unibus.embeddednats.HostPort;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The configuration of a node, validated.
 *
 * @param httpNames by which clients may ask this node beside its address: host and port, or host for the scheme's own port
 * @param cluster empty for a node alone
 * @param replicas how many nodes keep a copy of each bucket; 1 with {@link StoreKind#SQLITE}
 * @param maxStaleness how old a quorum's confirmation may be when a decision is based on it; zero: made for it alone
 * @param featureStates the effective state of each flag
 */
public record NodeConfig(
        Path dataDir,
        String name,
        HostPort http,
        List<String> httpNames,
        HostPort nats,
        BusAuth busAuth,
        TlsConfig tls,
        Path clusterKey,
        Optional<ClusterConfig> cluster,
        StoreKind store,
        int replicas,
        Duration opTimeout,
        Duration bootstrapTimeout,
        Duration maxStaleness,
        DebugMode natsDebug,
        Map<FeatureFlag, EffectiveState> featureStates) {

    public NodeConfig {
        httpNames = List.copyOf(httpNames);
        featureStates = Map.copyOf(featureStates);
    }

    /**
     * @param listen where the other nodes connect to
     * @param routes where the nodes listen; this one may be among them
     */
    public record ClusterConfig(String name, HostPort listen, List<HostPort> routes) {
        public ClusterConfig {
            routes = List.copyOf(routes);
        }

        /** The routes but the own one: nats-server waits at a first start for as many servers as it has routes. */
        public List<HostPort> others() {
            return routes.stream().filter(route -> !route.equals(listen)).toList();
        }
    }

    /** @param decidedBy for people: an option and where it was given, the file of flags, or {@code default} */
    public record EffectiveState(String state, String decidedBy) {}

    /** @throws ConfigurationException with all problems at once */
    public static NodeConfig load(OptionValues values) {
        return new NodeConfigLoader(values).load();
    }
}
