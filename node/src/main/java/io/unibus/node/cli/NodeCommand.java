package io.unibus.node.cli;

import io.unibus.node.Logs;
import io.unibus.node.Node;
import io.unibus.node.config.NodeConfig;
import io.unibus.node.config.NodeOption;
import io.unibus.node.config.OptionValues;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;

/** {@code unibus node}: its options are the rows of {@link NodeOption}. */
@Command(
        name = "node",
        abbreviateSynopsis = true,
        description = "Run a node until it is asked to stop (Ctrl-C, SIGTERM). One line on standard output says when it"
                + " serves: node ready http=... nats=...",
        footer = {
            "",
            "Each option is also an environment variable (--data-dir is UNIBUS_DATA_DIR) and a key of the file",
            "given with --config. The command line wins over the environment, and that over the file.",
            "UNIBUS_NATS_DEBUG=1 shows the debug log of nats-server and opens its monitoring on 127.0.0.1;",
            "UNIBUS_NATS_DEBUG=trace also shows every protocol message.",
            "",
            "Examples:",
            "  unibus node",
            "  unibus node --data-dir /var/lib/unibus --http 127.0.0.1:9000",
            "  unibus node --data-dir /tmp/try --http 127.0.0.1:0 --nats 127.0.0.1:0 --stop-when-ready"
        })
final class NodeCommand extends BaseCommand implements Callable<Integer> {
    @Option(names = "--stop-when-ready", description = "Stop as soon as the node serves: a check of the configuration.")
    private boolean stopWhenReady;

    static CommandLine commandLine() {
        CommandLine command = new CommandLine(new NodeCommand());
        for (NodeOption option : NodeOption.values()) {
            command.getCommandSpec().addOption(optionSpec(option));
        }
        return command;
    }

    private static OptionSpec optionSpec(NodeOption option) {
        OptionSpec.Builder spec = OptionSpec.builder(option.flag())
                .description(
                        option.description() + (option.isSwitch() ? "" : " Default: " + option.defaultValue() + "."));
        if (option.isSwitch()) {
            return spec.type(boolean.class).arity("0").build();
        }
        return spec.type(String.class).arity("1").paramLabel(option.valueForm()).build();
    }

    @Override
    public Integer call() {
        Map<NodeOption, String> flags = new EnumMap<>(NodeOption.class);
        for (NodeOption option : NodeOption.values()) {
            if (spec.commandLine().getParseResult().hasMatchedOption(option.flag())) {
                Object value = spec.commandLine().getParseResult().matchedOptionValue(option.flag(), (Object) "");
                flags.put(option, value.toString());
            }
        }
        NodeConfig config = NodeConfig.load(OptionValues.resolve(flags, System.getenv()));
        Logs.forNode(config.natsDebug());
        return Main.runNode(new Node(config), stopWhenReady);
    }
}
