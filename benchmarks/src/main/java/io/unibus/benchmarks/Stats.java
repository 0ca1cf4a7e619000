package io.unibus.benchmarks;

import java.util.List;
import java.util.Locale;

/** Figures of repeated runs: the median, with the least and the greatest. */
record Stats(double median, double min, double max) {
    static Stats of(List<Double> runs) {
        List<Double> sorted = runs.stream().sorted().toList();
        int middle = sorted.size() / 2;
        double median = sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
        return new Stats(median, sorted.get(0), sorted.get(sorted.size() - 1));
    }

    /** Returns the figures with so many decimals. */
    String text(int decimals) {
        String figure = "%,." + decimals + "f";
        return String.format(Locale.ROOT, figure + " [" + figure + "-" + figure + "]", median, min, max);
    }

    @Override
    public String toString() {
        return text(0);
    }
}
