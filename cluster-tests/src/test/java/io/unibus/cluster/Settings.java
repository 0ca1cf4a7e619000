package io.unibus.cluster;

import java.time.Duration;
import java.util.Random;

/** What may be given with {@code -D} to make a test longer, or to repeat one. */
final class Settings {
    private Settings() {}

    /** How often the Java process is killed. */
    static int killRounds() {
        return Integer.getInteger("unibus.kill.rounds", 6);
    }

    /** How long many clients work at once. */
    static Duration load() {
        return Duration.ofSeconds(Long.getLong("unibus.load.seconds", 8));
    }

    /** Of {@code -Dunibus.seed}, or fresh; printed, so that the same choices can be made again. */
    static Random random() {
        long seed = Long.getLong("unibus.seed", System.nanoTime());
        System.out.println("random seed " + seed + " (repeat with -Dunibus.seed=" + seed + ")");
        return new Random(seed);
    }
}
