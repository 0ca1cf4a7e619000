package io.unibus.embeddednats;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the line with which a server says why it cannot run. */
final class FatalLine {
    private static final Pattern ADDRESS_IN_USE =
            Pattern.compile("listen \\w+ (\\S+:\\d+): bind: address already in use");

    private FatalLine() {}

    /** The address that another process listens on. */
    static Optional<String> addressInUse(String message) {
        Matcher matcher = ADDRESS_IN_USE.matcher(message);
        return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
    }
}
