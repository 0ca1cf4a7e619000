package io.unibus.embeddednats;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.event.Level;

/** One line that the child wrote. What is not in its log format, such as a complaint about its configuration, warns. */
record LogLine(Level level, String message) {
    private static final Pattern FORMAT =
            Pattern.compile("\\[\\d+] (?:\\d{4}/\\d\\d/\\d\\d \\d\\d:\\d\\d:\\d\\d(?:\\.\\d+)?(?: UTC)? )?"
                    + "\\[(INF|WRN|ERR|FTL|DBG|TRC)] (.*)");

    static LogLine parse(String line) {
        Matcher matcher = FORMAT.matcher(line);
        return matcher.matches()
                ? new LogLine(level(matcher.group(1)), matcher.group(2))
                : new LogLine(Level.WARN, line);
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
