package io.unibus.node.config;

import io.unibus.embeddednats.DebugMode;
import io.unibus.embeddednats.HostPort;
import io.unibus.protocol.MalformedException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Turns option values into a {@link NodeConfig}, collecting every problem instead of stopping at the first. */
final class NodeConfigLoader {
    private static final Pattern NODE_NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_-]{0,62}");
    private static final Pattern DURATION = Pattern.compile("(\\d{1,9})(ms|s|m)");
    private static final Pattern HOST_PORT = Pattern.compile("(\\[[0-9a-fA-F:.]+]|[^:\\[\\]\\s]+):(\\d{1,5})");

    private static final Path KERNEL_HOST_NAME = Path.of("/proc/sys/kernel/hostname");
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
        NodeConfig config = new NodeConfig(
                dataDir,
                option(NodeOption.NAME, hostName(), NodeConfigLoader::nodeName),
                http,
                nats,
                option(NodeOption.CLUSTER_KEY, dataDir.resolve("cluster.key"), Path::of)
                        .toAbsolutePath(),
                option(NodeOption.STORE, "sqlite", only("sqlite")),
                option(NodeOption.OP_TIMEOUT, Duration.ofSeconds(2), NodeConfigLoader::duration),
                debugMode(),
                featureStates());
        boolean insecure = option(NodeOption.INSECURE, false, NodeConfigLoader::yesOrNo);
        if (!insecure) {
            requireLoopback(NodeOption.HTTP, http);
            requireLoopback(NodeOption.NATS, nats);
        }
        if (!problems.isEmpty()) {
            throw new ConfigurationException(problems, problemOnCommandLine);
        }
        return config;
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

    private void requireLoopback(NodeOption option, HostPort address) {
        if (!Loopback.contains(address)) {
            values.get(option)
                    .ifPresent(given -> problem(
                            given,
                            "with bus-auth off anyone who reaches " + address
                                    + " is believed to be whoever they say, so it must be a loopback address;"
                                    + " give --insecure if that network may be trusted so far"));
        }
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
        values.get(NodeOption.STORE)
                .ifPresent(given ->
                        states.put(FeatureFlag.DECENTRALIZED, new NodeConfig.EffectiveState("off", given.source())));
        option(NodeOption.BUS_AUTH, "off", only("off"));
        values.get(NodeOption.BUS_AUTH)
                .ifPresent(given ->
                        states.put(FeatureFlag.BUS_AUTH, new NodeConfig.EffectiveState("off", given.source())));
        return states;
    }

    private void applyFlags(OptionValues.Given file, Map<FeatureFlag, NodeConfig.EffectiveState> states) {
        try {
            FeatureFlags flags = FeatureFlags.read(Path.of(file.text()));
            for (FeatureFlag flag : FeatureFlag.values()) {
                flags.get(flag).ifPresent(declared -> {
                    states.put(flag, new NodeConfig.EffectiveState(declared.state(), file.text()));
                    if (!declared.state().equals(flag.states().get(0))) {
                        problem(file, flag.key() + " is " + declared.state() + ", which this version cannot do yet");
                    }
                });
            }
        } catch (IOException e) {
            problem(file, "\"" + file.text() + "\" cannot be read: " + e.getMessage());
        } catch (MalformedException e) {
            problem(file, file.text() + ": " + e.getMessage());
        }
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

    private static String nodeName(String text) {
        if (!NODE_NAME.matcher(text).matches()) {
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

    /** For choices of which this version can do only one. */
    private static Function<String, String> only(String possible) {
        return text -> {
            if (!text.equals(possible)) {
                throw new IllegalArgumentException("this version can only do " + possible);
            }
            return text;
        };
    }

    /** The host's own name as far as it is a valid node name. */
    private static String hostName() {
        String name;
        try {
            name = Files.readString(KERNEL_HOST_NAME).strip(); // without asking a name server
        } catch (IOException e) {
            try {
                name = InetAddress.getLocalHost().getHostName();
            } catch (UnknownHostException unknown) {
                return FALLBACK_NAME;
            }
        }
        String label = name.replaceFirst("\\..*", "").replaceAll("[^A-Za-z0-9_-]", "-");
        return NODE_NAME.matcher(label).matches() ? label : FALLBACK_NAME;
    }
}
