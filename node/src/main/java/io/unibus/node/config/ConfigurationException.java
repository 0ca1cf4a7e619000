package io.unibus.node.config;

import java.util.List;

/** All problems of a configuration at once, each a sentence that names the option and where its value came from. */
public final class ConfigurationException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient List<String> problems;
    private final boolean onCommandLine;

    ConfigurationException(List<String> problems, boolean onCommandLine) {
        super(String.join("\n", problems));
        this.problems = List.copyOf(problems);
        this.onCommandLine = onCommandLine;
    }

    public List<String> problems() {
        return problems;
    }

    /** Whether any problem is in the command line itself: an error of usage rather than of configuration. */
    public boolean isOnCommandLine() {
        return onCommandLine;
    }
}
