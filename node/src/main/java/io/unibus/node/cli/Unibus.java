package io.unibus.node.cli;

import io.unibus.client.ClientException;
import io.unibus.client.IdentityException;
import io.unibus.client.OutcomeUnknownException;
import io.unibus.client.ProblemException;
import io.unibus.client.UnreachableException;
import io.unibus.client.UntrustedNodeException;
import io.unibus.node.config.ConfigurationException;
import io.unibus.node.host.ExitCode;
import io.unibus.node.host.FatalException;
import io.unibus.protocol.MalformedException;
import io.unibus.store.StoreException;
import io.unibus.store.StoreMigratedException;
import io.unibus.store.StoreUnusableException;
import io.unibus.store.snapshot.SnapshotException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;

/** The root command, and the one place where failures become messages and exit codes. */
@Command(
        name = "unibus",
        description = "A small, secure message bus for bots, agents and services: one jar per host.",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            IdentityCommand.class,
            UserCommand.class,
            RoomCommand.class,
            SnapshotCommand.class,
            MigrateCommand.class,
            RequestCommand.class,
            StatusCommand.class,
            ClusterKeyCommand.class,
            CaCommand.class,
            FlagsCommand.class,
            VersionCommand.class
        },
        footer = {
            "",
            "Examples:",
            "  unibus node",
            "  unibus identity new alice.seed",
            "  unibus user add U... --handle alice --admin",
            "  unibus room create --identity alice.seed team.chat",
            "",
            "Exit codes: 0 done, 1 refused or unexpected, 2 usage, 69 unavailable, 75 try again, 78 configuration."
        })
final class Unibus extends BaseCommand {
    static CommandLine commandLine() {
        CommandLine unibus = new CommandLine(new Unibus());
        unibus.addSubcommand(NodeCommand.commandLine());
        unibus.setParameterExceptionHandler(Unibus::refuseUsage);
        unibus.setExecutionExceptionHandler((e, command, parsed) -> report(e, command));
        unibus.setUsageHelpAutoWidth(true);
        return unibus;
    }

    private static int refuseUsage(CommandLine.ParameterException e, String[] args) {
        CommandLine command = e.getCommandLine();
        command.getErr().println("unibus: " + e.getMessage());
        CommandLine.UnmatchedArgumentException.printSuggestions(e, command.getErr());
        CommandSpec spec = command.getCommandSpec();
        command.getErr().println("Try `" + spec.qualifiedName() + " --help`.");
        return ExitCode.USAGE.code();
    }

    private static int report(Exception e, CommandLine command) {
        ExitCode code = exitCode(e);
        if (e instanceof ConfigurationException configuration) {
            configuration.problems().forEach(problem -> command.getErr().println("unibus: " + problem));
        } else if (e instanceof ProblemException problem) {
            command.getErr().println("unibus: " + problem.detail() + " (" + problem.code() + ")");
        } else if (isForPeople(e)) {
            command.getErr().println("unibus: " + e.getMessage());
        } else {
            command.getErr().println("unibus: unexpected failure; please report it with what follows");
            e.printStackTrace(command.getErr());
        }
        return code.code();
    }

    private static boolean isForPeople(Exception e) {
        return e instanceof FatalException
                || e instanceof ClientException
                || e instanceof MalformedException
                || e instanceof StoreException
                || e instanceof SnapshotException;
    }

    private static ExitCode exitCode(Exception e) {
        if (e instanceof FatalException fatal) {
            return fatal.exitCode();
        }
        if (e instanceof ConfigurationException configuration) {
            return configuration.isOnCommandLine() ? ExitCode.USAGE : ExitCode.CONFIGURATION;
        }
        if (e instanceof MalformedException) {
            return ExitCode.USAGE;
        }
        if (e instanceof IdentityException
                || e instanceof UntrustedNodeException
                || e instanceof StoreUnusableException
                || e instanceof StoreMigratedException
                || e instanceof SnapshotException) {
            return ExitCode.CONFIGURATION;
        }
        if (e instanceof UnreachableException) {
            return ExitCode.UNAVAILABLE;
        }
        if (e instanceof StoreException
                || e instanceof OutcomeUnknownException
                || (e instanceof ProblemException problem && problem.status() == 503)) {
            return ExitCode.TRY_AGAIN;
        }
        return ExitCode.UNEXPECTED;
    }
}
