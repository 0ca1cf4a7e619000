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
 * Limits the lines in which the server complains of a client, such as of a subject that is not for it: a client can cause any
 * number of them, and no operator must act on one. Of each host and kind of complaint one line a minute is told, with the number of those that
 * were not. Used by one thread.
 */
final class ClientFaults {
    static final Duration PERIOD = Duration.ofMinutes(1);
    /** Hosts and kinds that are counted apart; those beyond are counted together. */
    static final int MOST = 1_000;

    /** A client's name and user stand in quotes, in which the server escapes quotes: the name is of the client's choice. */
    private static final Pattern OF_CLIENT =
            Pattern.compile("(?<host>\\S+):\\d+ - [cwm]id:\\d+ - (?:\"[^\"\\\\]*+(?:\\\\.[^\"\\\\]*+)*+\" - ){0,2}"
                    + "(?<complaint>.*)");

    /** Said of a login that was refused by the callout, or let in by it although the server has no room for it. */
    private static final Pattern OF_LOGIN =
            Pattern.compile("(?<what>Could not register auth callout user|Auth callout service returned an error): .*");

    private static final Pattern KIND = Pattern.compile("[A-Za-z' ]{1,60}");
    private static final Source OTHERS = new Source("other hosts", "");

    private final LongSupplier nanoTime;
    private final Map<Source, Period> periods = new HashMap<>();

    ClientFaults(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    private record Source(String host, String kind) {}

    /** @param left how many lines were left out since it began */
    private record Period(long begin, long left) {}

    /** Returns whether the server complains of a client in a line. */
    static boolean isOf(LogLine line) {
        return line.level().toInt() >= Level.WARN.toInt()
                && (OF_CLIENT.matcher(line.message()).matches()
                        || OF_LOGIN.matcher(line.message()).matches());
    }

    /** Returns what to tell of a complaint, if anything. */
    Optional<String> take(LogLine line) {
        long now = nanoTime.getAsLong();
        Source source = sourceOf(line.message(), now);
        Period present = periods.get(source);
        if (present != null && !isOver(present, now)) {
            periods.put(source, new Period(present.begin(), present.left() + 1));
            return Optional.empty();
        }
        periods.put(source, new Period(now, 0));
        String more = present == null || present.left() == 0
                ? ""
                : " (" + present.left() + " more of the kind from " + source.host() + " in the "
                        + TimeUnit.NANOSECONDS.toSeconds(now - present.begin()) + " s before)";
        return Optional.of(line.message() + more);
    }

    private Source sourceOf(String message, long now) {
        Matcher matcher = OF_CLIENT.matcher(message);
        if (!matcher.matches()) {
            Matcher login = OF_LOGIN.matcher(message);
            return new Source("all hosts", login.matches() ? login.group("what") : "");
        }
        Matcher kind = KIND.matcher(matcher.group("complaint"));
        Source source = new Source(
                matcher.group("host"), kind.lookingAt() ? kind.group().strip() : "");
        if (periods.size() >= MOST && !periods.containsKey(source)) {
            periods.values().removeIf(period -> isOver(period, now));
        }
        return periods.size() < MOST || periods.containsKey(source) ? source : OTHERS;
    }

    private static boolean isOver(Period period, long now) {
        return now - period.begin() >= PERIOD.toNanos();
    }
}
