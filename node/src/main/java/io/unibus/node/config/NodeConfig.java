package io.unibus.node.config;

import io.unibus.embeddednats.DebugMode;
import io.unibus.embeddednats.HostPort;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/**
 * The configuration of a node, validated.
 *
 * @param featureStates the effective state of each flag
 */
public record NodeConfig(
        Path dataDir,
        String name,
        HostPort http,
        HostPort nats,
        Path clusterKey,
        String store,
        Duration opTimeout,
        DebugMode natsDebug,
        Map<FeatureFlag, EffectiveState> featureStates) {

    public NodeConfig {
        featureStates = Map.copyOf(featureStates);
    }

    /** @param decidedBy for people: an option and where it was given, the file of flags, or {@code default} */
    public record EffectiveState(String state, String decidedBy) {}

    /** @throws ConfigurationException with all problems at once */
    public static NodeConfig load(OptionValues values) {
        return new NodeConfigLoader(values).load();
    }
}
