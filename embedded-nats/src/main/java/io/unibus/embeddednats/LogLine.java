package io.unibus.embeddednats;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.event.Level;

/** One line that the child wrote. What is not in its log format, such as a complaint about its configuration, warns. */
public record LogLine(Level level, String message) {
    private static final Pattern FORMAT =
            Pattern.compile("\\[\\d+] (?:\\d{4}/\\d\\d/\\d\\d \\d\\d:\\d\\d:\\d\\d(?:\\.\\d+)?(?: UTC)? )?"
                    + "\\[(INF|WRN|ERR|FTL|DBG|TRC)] (.*)");

    /** Said, as an error, by a server that is stopped before it wrote that file, which this library removes anyway. */
    private static final String NO_PORTS_FILE = "Error cleaning up ports file";

    static LogLine parse(String line) {
        Matcher matcher = FORMAT.matcher(line);
        if (!matcher.matches()) {
            return new LogLine(Level.WARN, line);
        }
        String message = matcher.group(2);
        return new LogLine(message.startsWith(NO_PORTS_FILE) ? Level.DEBUG : level(matcher.group(1)), message);
    }

    private static Level level(String name) {
        return switch (name) {
            case "INF" -> Level.INFO;
            case "WRN" -> Level.WARN;
            case "DBG" -> Level.DEBUG;
            case "TRC" -> Level.TRACE;
            default -> Level.ERROR;
        };
    }
}
