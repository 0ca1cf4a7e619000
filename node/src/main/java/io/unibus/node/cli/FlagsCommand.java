package io.unibus.node.cli;

import io.unibus.node.config.FeatureFlag;
import io.unibus.node.config.FeatureFlags;
import io.unibus.node.config.NodeConfig;
import io.unibus.node.config.NodeOption;
import io.unibus.node.config.OptionValues;
import io.unibus.node.host.ExitCode;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code unibus flags}. */
@Command(
        name = "flags",
        description = "Show the feature flags: the declared rollout, and what a node started here would do.",
        footer = {
            "",
            "Examples:",
            "  unibus flags",
            "  unibus flags --feature-flags dev/feature_flags.json --json",
            "  unibus flags --check || echo 'not rolled out yet'"
        })
final class FlagsCommand extends BaseCommand implements Callable<Integer> {
    @Option(
            names = "--feature-flags",
            paramLabel = "FILE",
            description = "Rollout states to apply, as `unibus node` does.")
    private @Nullable String file;

    @Option(names = "--config", paramLabel = "FILE", description = "Properties file with options of the node.")
    private @Nullable String config;

    @Option(names = "--check", description = "Exit with 1 when a flag is not in its declared state.")
    private boolean check;

    @Mixin
    private final JsonOption json = new JsonOption();

    private record Row(String name, String declared, String effective, String decidedBy, String description) {
        boolean isAsDeclared() {
            return declared.equals(effective);
        }
    }

    @Override
    public Integer call() {
        Map<NodeOption, String> given = new EnumMap<>(NodeOption.class);
        Optional.ofNullable(file).ifPresent(text -> given.put(NodeOption.FEATURE_FLAGS, text));
        Optional.ofNullable(config).ifPresent(text -> given.put(NodeOption.CONFIG, text));
        NodeConfig effective = NodeConfig.load(OptionValues.resolve(given, System.getenv()));
        FeatureFlags declared = FeatureFlags.declared();
        List<Row> rows = effective.featureStates().entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .map(entry -> row(entry.getKey(), declared, entry.getValue()))
                .toList();
        json.print(
                out(),
                rows,
                (row, fields) -> {
                    fields.field("flag", row.name());
                    fields.field("declared", row.declared());
                    fields.field("effective", row.effective());
                    fields.field("decided_by", row.decidedBy());
                    fields.field("description", row.description());
                },
                () -> printTable(rows));
        List<String> others = rows.stream()
                .filter(row -> check && !row.isAsDeclared())
                .map(row -> row.name() + " is " + row.effective() + ", declared " + row.declared())
                .toList();
        if (others.isEmpty()) {
            return ExitCode.OK.code();
        }
        spec.commandLine().getErr().println("unibus: not as declared: " + String.join("; ", others));
        return ExitCode.UNEXPECTED.code();
    }

    private static Row row(FeatureFlag flag, FeatureFlags declared, NodeConfig.EffectiveState effective) {
        FeatureFlags.Declared target = declared.get(flag).orElse(new FeatureFlags.Declared("undeclared", ""));
        return new Row(flag.key(), target.state(), effective.state(), effective.decidedBy(), target.description());
    }

    private void printTable(List<Row> rows) {
        Table table = new Table("FLAG", "DECLARED", "EFFECTIVE", "DECIDED BY", "DESCRIPTION");
        rows.forEach(row -> table.row(row.name(), row.declared(), row.effective(), row.decidedBy(), row.description()));
        table.print(out());
    }
}
