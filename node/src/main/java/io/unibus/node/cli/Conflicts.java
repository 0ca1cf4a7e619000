package io.unibus.node.cli;

import io.unibus.store.snapshot.Comparison;
import java.io.PrintWriter;

/** Says in what a target is not what it should be. */
final class Conflicts {
    private Conflicts() {}

    static void print(PrintWriter err, Comparison comparison) {
        err.println("unibus: the target does not hold what the source does: " + comparison.missing() + " records are"
                + " missing, " + comparison.differing() + " differ, and " + comparison.extra()
                + " are only in the target. Nothing of it was changed or deleted.");
        comparison.conflicts().forEach(name -> err.println("  " + name));
        comparison.names().forEach(name -> err.println("  " + name));
        long named = comparison.conflicts().size() + (long) comparison.names().size();
        long all = comparison.missing() + comparison.differing() + comparison.extra();
        if (all > named) {
            err.println("  and " + (all - named) + " more");
        }
    }
}
