package io.unibus.embeddednats;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.event.Level;

/**
 * What the server complains of in a client, such as a subject that is not for it: a client can cause any number of such lines,
 * and no operator must act on one. Of each host and kind of complaint one line a minute is let through, as INFO, with the number
 * of those that were not. Used by one thread.
 */
final class ClientFaults {
    static final Duration PERIOD = Duration.ofMinutes(1);
    /** Hosts and kinds that are counted apart; those beyond are counted together. */
    static final int MOST = 1_000;

    /** A client's name and user stand in quotes, of which the name is of the client's choice. */
    private static final Pattern OF_CLIENT =
            Pattern.compile("(?<host>\\S+):\\d+ - (?:cid|wid|mid):\\d+ - (?:\".*\" - )?(?<complaint>.*)");

    private static final Pattern KIND = Pattern.compile("[A-Za-z' ]{1,60}");
    private static final Source OTHERS = new Source("others", "");

    private final LongSupplier nanoTime;
    private final Map<Source, Period> periods = new HashMap<>();

    ClientFaults(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    private record Source(String host, String kind) {}

    /** @param left how many lines were left out since it began */
    private record Period(long begin, long left) {}

    /** Whether a line is a complaint of a client. */
    static boolean isOf(LogLine line) {
        return line.level().toInt() >= Level.WARN.toInt()
                && OF_CLIENT.matcher(line.message()).matches();
    }

    /** Returns what to log for a complaint, if anything. */
    Optional<LogLine> take(LogLine line) {
        Source source = sourceOf(line.message());
        long now = nanoTime.getAsLong();
        Period present = periods.get(source);
        if (present != null && now - present.begin() < PERIOD.toNanos()) {
            periods.put(source, new Period(present.begin(), present.left() + 1));
            return Optional.empty();
        }
        periods.put(source, new Period(now, 0));
        String more = present == null || present.left() == 0
                ? ""
                : " (" + present.left() + " more of the kind from " + source.host() + " in the "
                        + TimeUnit.NANOSECONDS.toSeconds(now - present.begin()) + " s before)";
        return Optional.of(new LogLine(Level.INFO, line.message() + more));
    }

    private Source sourceOf(String message) {
        Matcher matcher = OF_CLIENT.matcher(message);
        if (!matcher.matches()) {
            return OTHERS;
        }
        Matcher kind = KIND.matcher(matcher.group("complaint"));
        Source source = new Source(
                matcher.group("host"), kind.lookingAt() ? kind.group().strip() : "");
        return periods.size() < MOST || periods.containsKey(source) ? source : OTHERS;
    }
}
