package io.unibus.embeddednats;

import java.util.List;
import java.util.Optional;

/** What {@code /proc/PID/stat} says (proc(5)): the state, and the start time in clock ticks after boot. */
record ProcStat(char state, long startTime) {
    /** The command's name, in parentheses, may hold anything, so the fields are counted from the last parenthesis. */
    static Optional<ProcStat> parse(String stat) {
        int end = stat.lastIndexOf(')');
        if (end < 0) {
            return Optional.empty();
        }
        List<String> fromThird = List.of(stat.substring(end + 1).strip().split("\\s+"));
        return fromThird.size() >= 20
                ? Optional.of(new ProcStat(fromThird.get(0).charAt(0), Long.parseLong(fromThird.get(19))))
                : Optional.empty();
    }

    /** Ended, but for being waited for by its parent. */
    boolean ended() {
        return state == 'Z' || state == 'X';
    }
}
