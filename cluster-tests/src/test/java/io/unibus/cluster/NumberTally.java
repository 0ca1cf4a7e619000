package io.unibus.cluster;

import java.util.BitSet;

/** The numbers that a subscriber has heard. Thread-safe. */
final class NumberTally {
    private final BitSet heard = new BitSet();
    private int repeated;

    synchronized void hear(int number) {
        if (heard.get(number)) {
            repeated++;
        }
        heard.set(number);
    }

    synchronized boolean hasHeard(int number) {
        return heard.get(number);
    }

    /** Returns how many of the numbers from {@code first} on, before {@code end}, were not heard. */
    synchronized int missing(int first, int end) {
        return end - first - heard.get(first, end).cardinality();
    }

    /** Returns how often a number was heard that had been heard before. */
    synchronized int repeated() {
        return repeated;
    }
}
