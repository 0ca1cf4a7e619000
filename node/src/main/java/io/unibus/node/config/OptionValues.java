package io.unibus.node.config;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What was given for each option, and where: the flag wins over the environment, and that over the file. */
public final class OptionValues {
    private static final String PREFIX = "UNIBUS_";

    /** Variables with our prefix that are not options of a node. */
    private static final Set<String> OTHER_VARIABLES = Set.of(
            "UNIBUS_NATS_DEBUG",
            "UNIBUS_URL",
            "UNIBUS_IDENTITY",
            "UNIBUS_CA",
            "UNIBUS_JAVA_OPTS",
            "UNIBUS_JAR",
            "UNIBUS_CLUSTER_DIR");

    private final Map<NodeOption, Given> values = new EnumMap<>(NodeOption.class);
    private final List<String> problems = new ArrayList<>();
    private final Map<String, String> environment;
    private boolean problemOnCommandLine;

    private OptionValues(Map<String, String> environment) {
        this.environment = environment;
    }

    /** @param source for people: {@code --http}, {@code UNIBUS_HTTP}, or the file and key */
    record Given(String text, String source, boolean onCommandLine) {}

    /** Resolves flags over environment over file; problems are kept for {@link NodeConfig#load}. */
    public static OptionValues resolve(Map<NodeOption, String> flags, Map<String, String> environment) {
        OptionValues values = new OptionValues(environment);
        values.addFlags(flags);
        values.addEnvironment();
        values.addFile();
        return values;
    }

    Optional<Given> get(NodeOption option) {
        return Optional.ofNullable(values.get(option));
    }

    Optional<String> environment(String variable) {
        return Optional.ofNullable(environment.get(variable));
    }

    /** Problems of the sources themselves: unknown names, an unreadable file. */
    List<String> problems() {
        return problems;
    }

    boolean isProblemOnCommandLine() {
        return problemOnCommandLine;
    }

    private void add(NodeOption option, Given given) {
        if (given.text().isBlank()) { // as a path it would mean the working directory
            problems.add(given.source() + ": it is empty; leave it out for the default");
            problemOnCommandLine |= given.onCommandLine();
        } else {
            values.putIfAbsent(option, given);
        }
    }

    private void addFlags(Map<NodeOption, String> flags) {
        flags.forEach((option, text) -> add(option, new Given(text, option.flag(), true)));
    }

    private void addEnvironment() {
        for (String variable : new TreeSet<>(environment.keySet())) {
            if (!variable.startsWith(PREFIX) || OTHER_VARIABLES.contains(variable)) {
                continue;
            }
            NodeOption.ofVariable(variable)
                    .ifPresentOrElse(
                            option -> add(option, new Given(environment.getOrDefault(variable, ""), variable, false)),
                            () -> problems.add("unknown environment variable " + variable
                                    + Suggestion.forWord(PREFIX, variable, names(NodeOption::variable))));
        }
    }

    private void addFile() {
        @Nullable Given config = values.get(NodeOption.CONFIG);
        if (config == null) {
            return;
        }
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(Path.of(config.text()), StandardCharsets.UTF_8)) {
            properties.load(reader);
        } catch (NoSuchFileException e) {
            problems.add(config.source() + ": there is no file " + config.text());
        } catch (IOException | IllegalArgumentException e) {
            problems.add(config.source() + ": " + config.text() + " cannot be read: " + e.getMessage());
        }
        for (String key : new TreeSet<>(properties.stringPropertyNames())) {
            String source = config.text() + ": " + key;
            NodeOption.ofKey(key)
                    .filter(option -> option != NodeOption.CONFIG)
                    .ifPresentOrElse(
                            option -> add(
                                    option,
                                    new Given(properties.getProperty(key, "").strip(), source, false)),
                            () -> problems.add(config.text() + ": unknown option " + key
                                    + Suggestion.forWord(key, names(NodeOption::key))));
        }
    }

    private static List<String> names(java.util.function.Function<NodeOption, String> name) {
        return Arrays.stream(NodeOption.values()).map(name).toList();
    }
}
