package io.unibus.node.config;

import io.unibus.embeddednats.DebugMode;
import io.unibus.embeddednats.HostPort;
import io.unibus.node.host.HostNames;
import io.unibus.protocol.MalformedException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Turns option values into a {@link NodeConfig}, collecting every problem instead of stopping at the first. */
final class NodeConfigLoader {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_-]{0,62}");
    private static final Pattern DURATION = Pattern.compile("(\\d{1,9})(ms|s|m)");
    private static final Pattern HOST_PORT = Pattern.compile("(\\[[0-9a-fA-F:.]+]|[^:\\[\\]\\s]+):(\\d{1,5})");

    private static final Pattern HTTP_NAME = Pattern.compile("(\\[[0-9a-f:.]+]|[a-z0-9._-]{1,253})(:\\d{1,5})?");

    private static final String FALLBACK_NAME = "unibus";

    private final OptionValues values;
    private final List<String> problems;
    private boolean problemOnCommandLine;

    NodeConfigLoader(OptionValues values) {
        this.values = values;
        this.problems = new ArrayList<>(values.problems());
        this.problemOnCommandLine = values.isProblemOnCommandLine();
    }

    NodeConfig load() {
        Path dataDir = option(NodeOption.DATA_DIR, Path.of("unibus-data"), Path::of)
                .toAbsolutePath()
                .normalize();
        HostPort http = option(NodeOption.HTTP, new HostPort("127.0.0.1", 8420), NodeConfigLoader::hostPort);
        HostPort nats = option(NodeOption.NATS, new HostPort("127.0.0.1", 4222), NodeConfigLoader::hostPort);
        Map<FeatureFlag, NodeConfig.EffectiveState> features = featureStates();
        StoreKind store = Optional.ofNullable(features.get(FeatureFlag.DECENTRALIZED))
                .filter(flag -> flag.state().equals("on"))
                .map(flag -> StoreKind.KV)
                .orElse(StoreKind.SQLITE);
        Optional<NodeConfig.ClusterConfig> cluster = cluster(store);
        NodeConfig config = new NodeConfig(
                dataDir,
                option(NodeOption.NAME, hostName(), NodeConfigLoader::name),
                http,
                option(NodeOption.HTTP_NAMES, List.of(), NodeConfigLoader::httpNames),
                nats,
                busAuth(features),
                tls(features),
                option(NodeOption.CLUSTER_KEY, dataDir.resolve("cluster.key"), Path::of)
                        .toAbsolutePath(),
                cluster,
                store,
                replicas(cluster.isPresent()),
                option(NodeOption.OP_TIMEOUT, Duration.ofSeconds(2), NodeConfigLoader::duration),
                option(NodeOption.BOOTSTRAP_TIMEOUT, Duration.ofMinutes(2), NodeConfigLoader::duration),
                option(NodeOption.AUTHZ_MAX_STALENESS, Duration.ofSeconds(2), NodeConfigLoader::durationOrZero),
                debugMode(),
                features);
        boolean insecure = option(NodeOption.INSECURE, false, NodeConfigLoader::yesOrNo);
        if (!insecure) {
            requireUnexposed(NodeOption.HTTP, http, config);
            requireUnexposed(NodeOption.NATS, nats, config);
        }
        if (!problems.isEmpty()) {
            throw new ConfigurationException(problems, problemOnCommandLine);
        }
        return config;
    }

    private Optional<NodeConfig.ClusterConfig> cluster(StoreKind store) {
        Optional<OptionValues.Given> given = values.get(NodeOption.CLUSTER);
        String name = option(NodeOption.CLUSTER_NAME, "unibus", NodeConfigLoader::name);
        List<HostPort> routes = option(NodeOption.ROUTES, List.of(), NodeConfigLoader::hostPorts);
        if (given.isEmpty()) {
            values.get(NodeOption.ROUTES)
                    .ifPresent(alone ->
                            problem(alone, "it is for a node of a cluster: say with --cluster where this one listens"));
            return Optional.empty();
        }
        if (store != StoreKind.KV) {
            problem(given.get(), "a node of a cluster keeps its records in the cluster's buckets: give --store kv");
        }
        if (values.get(NodeOption.ROUTES).isEmpty()) {
            problem(given.get(), "say with --routes where the nodes of the cluster listen");
        }
        NodeConfig.ClusterConfig cluster = new NodeConfig.ClusterConfig(
                name,
                option(NodeOption.CLUSTER, new HostPort("127.0.0.1", 6222), NodeConfigLoader::fixedHostPort),
                routes);
        values.get(NodeOption.ROUTES)
                .filter(own -> !routes.isEmpty() && cluster.others().isEmpty())
                .ifPresent(own -> problem(own, "it names this node alone: a cluster has at least two"));
        return Optional.of(cluster);
    }

    private int replicas(boolean clustered) {
        int replicas = option(NodeOption.REPLICAS, clustered ? 3 : 1, NodeConfigLoader::replicaCount);
        if (!clustered && replicas > 1) {
            values.get(NodeOption.REPLICAS)
                    .ifPresent(given ->
                            problem(given, "a node alone keeps one copy: give --cluster and --routes for more"));
        }
        return replicas;
    }

    private <T> T option(NodeOption option, T otherwise, Function<String, T> parse) {
        Optional<OptionValues.Given> given = values.get(option);
        if (given.isEmpty()) {
            return otherwise;
        }
        try {
            return parse.apply(given.get().text());
        } catch (IllegalArgumentException e) {
            problem(given.get(), "\"" + given.get().text() + "\" is not valid: " + e.getMessage());
            return otherwise;
        }
    }

    private void problem(OptionValues.Given given, String text) {
        problems.add(given.source() + ": " + text);
        problemOnCommandLine |= given.onCommandLine();
    }

    private void requireUnexposed(NodeOption option, HostPort address, NodeConfig config) {
        ExposureRule.objection(address, config.busAuth(), config.tls().isOn())
                .ifPresent(objection -> values.get(option).ifPresent(given -> problem(given, objection)));
    }

    private TlsConfig tls(Map<FeatureFlag, NodeConfig.EffectiveState> features) {
        TlsMode byFlag = Optional.ofNullable(features.get(FeatureFlag.BUS_TLS))
                .filter(flag -> flag.state().equals("on"))
                .map(flag -> TlsMode.AUTO)
                .orElse(TlsMode.OFF);
        TlsMode mode = option(NodeOption.TLS, byFlag, TlsMode::parse);
        Optional<Path> certificate = tlsFile(NodeOption.TLS_CERT, mode);
        Optional<Path> key = tlsFile(NodeOption.TLS_KEY, mode);
        if (mode == TlsMode.FILES && (certificate.isEmpty() || key.isEmpty())) {
            values.get(NodeOption.TLS)
                    .ifPresent(given -> problem(
                            given,
                            "name the certificate with --tls-cert FILE and its key with --tls-key FILE, or give --tls auto"
                                    + " for one that the node makes"));
        }
        return new TlsConfig(mode, certificate.flatMap(first -> key.map(second -> new TlsConfig.Files(first, second))));
    }

    private Optional<Path> tlsFile(NodeOption option, TlsMode mode) {
        Optional<OptionValues.Given> given = values.get(option);
        if (given.isPresent() && mode != TlsMode.FILES) {
            problem(
                    given.get(),
                    "it is of use with --tls files only, and --tls is " + mode + ": give that, or leave this out");
            return Optional.empty();
        }
        return given.map(file -> option(option, Path.of(""), Path::of).toAbsolutePath());
    }

    private DebugMode debugMode() {
        try {
            return DebugMode.parse(values.environment(DebugMode.VARIABLE).orElse(null));
        } catch (IllegalArgumentException e) {
            problems.add(e.getMessage());
            return DebugMode.OFF;
        }
    }

    private Map<FeatureFlag, NodeConfig.EffectiveState> featureStates() {
        Map<FeatureFlag, NodeConfig.EffectiveState> states = new EnumMap<>(FeatureFlag.class);
        for (FeatureFlag flag : FeatureFlag.values()) {
            states.put(flag, new NodeConfig.EffectiveState(flag.states().get(0), "default"));
        }
        values.get(NodeOption.FEATURE_FLAGS).ifPresent(given -> applyFlags(given, states));
        StoreKind store = option(NodeOption.STORE, StoreKind.SQLITE, NodeConfigLoader::storeKind);
        values.get(NodeOption.STORE)
                .ifPresent(given -> states.put(
                        FeatureFlag.DECENTRALIZED,
                        new NodeConfig.EffectiveState(store == StoreKind.KV ? "on" : "off", given.source())));
        BusAuth busAuth = option(NodeOption.BUS_AUTH, BusAuth.OFF, BusAuth::parse);
        values.get(NodeOption.BUS_AUTH)
                .ifPresent(given -> states.put(
                        FeatureFlag.BUS_AUTH, new NodeConfig.EffectiveState(busAuth.toString(), given.source())));
        values.get(NodeOption.TLS)
                .ifPresent(given -> states.put(
                        FeatureFlag.BUS_TLS,
                        new NodeConfig.EffectiveState(given.text().equals("off") ? "off" : "on", given.source())));
        return states;
    }

    private void applyFlags(OptionValues.Given file, Map<FeatureFlag, NodeConfig.EffectiveState> states) {
        try {
            FeatureFlags flags = FeatureFlags.read(Path.of(file.text()));
            for (FeatureFlag flag : FeatureFlag.values()) {
                flags.get(flag)
                        .ifPresent(declared ->
                                states.put(flag, new NodeConfig.EffectiveState(declared.state(), file.text())));
            }
        } catch (IOException e) {
            problem(file, "\"" + file.text() + "\" cannot be read: " + e.getMessage());
        } catch (MalformedException e) {
            problem(file, file.text() + ": " + e.getMessage());
        }
    }

    private static BusAuth busAuth(Map<FeatureFlag, NodeConfig.EffectiveState> features) {
        return Optional.ofNullable(features.get(FeatureFlag.BUS_AUTH))
                .map(flag -> BusAuth.parse(flag.state()))
                .orElse(BusAuth.OFF);
    }

    /** As they stand in the field Host: in lower case, without spaces. */
    private static List<String> httpNames(String text) {
        return Arrays.stream(text.split(",", -1))
                .map(name -> name.strip().toLowerCase(Locale.ROOT))
                .map(NodeConfigLoader::httpName)
                .distinct()
                .toList();
    }

    private static String httpName(String text) {
        if (!HTTP_NAME.matcher(text).matches()) {
            throw new IllegalArgumentException("it must be names like bus.example or bus.example:8443, with commas");
        }
        return text;
    }

    private static HostPort hostPort(String text) {
        Matcher matcher = HOST_PORT.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("it must be HOST:PORT, such as 127.0.0.1:8420 or [::1]:8420");
        }
        String host = matcher.group(1);
        return new HostPort(
                host.startsWith("[") ? host.substring(1, host.length() - 1) : host, Integer.parseInt(matcher.group(2)));
    }

    private static HostPort fixedHostPort(String text) {
        HostPort address = hostPort(text);
        if (address.port() == 0) {
            throw new IllegalArgumentException("the other nodes must know the port: it cannot be 0");
        }
        return address;
    }

    private static List<HostPort> hostPorts(String text) {
        return Arrays.stream(text.split(",", -1))
                .map(String::strip)
                .map(NodeConfigLoader::fixedHostPort)
                .distinct()
                .toList();
    }

    private static StoreKind storeKind(String text) {
        return Arrays.stream(StoreKind.values())
                .filter(kind -> kind.toString().equals(text))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("it must be sqlite or kv"));
    }

    private static int replicaCount(String text) {
        if (!text.matches("[1-5]")) {
            throw new IllegalArgumentException("it must be a number from 1 to 5; 3 survives the loss of any one node");
        }
        return Integer.parseInt(text);
    }

    private static Duration durationOrZero(String text) {
        return text.matches("0(ms|s|m)?") ? Duration.ZERO : duration(text);
    }

    private static Duration duration(String text) {
        Matcher matcher = DURATION.matcher(text);
        if (!matcher.matches() || Long.parseLong(matcher.group(1)) == 0) {
            throw new IllegalArgumentException("it must be a time above zero, such as 500ms, 2s or 1m");
        }
        long amount = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
            case "ms" -> Duration.ofMillis(amount);
            case "s" -> Duration.ofSeconds(amount);
            default -> Duration.ofMinutes(amount);
        };
    }

    private static String name(String text) {
        if (!NAME.matcher(text).matches()) {
            throw new IllegalArgumentException("a name has 1 to 63 letters, digits, - and _");
        }
        return text;
    }

    private static boolean yesOrNo(String text) {
        return switch (text) {
            case "true", "1" -> true;
            case "false", "0" -> false;
            default -> throw new IllegalArgumentException("it must be true or false");
        };
    }

    /** The host's own name as far as it is a valid node name. */
    private static String hostName() {
        String name = HostNames.name().orElse(FALLBACK_NAME);
        String label = name.replaceFirst("\\..*", "").replaceAll("[^A-Za-z0-9_-]", "-");
        return NAME.matcher(label).matches() ? label : FALLBACK_NAME;
    }
}
