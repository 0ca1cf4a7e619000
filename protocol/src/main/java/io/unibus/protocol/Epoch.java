package io.unibus.protocol;

/** The number of a room key: 1 for the first, one more with each rekey. */
public record Epoch(long number) implements Comparable<Epoch> {
    public static final Epoch FIRST = new Epoch(1);

    /** The largest number that every JSON reader keeps exactly (RFC 8259, section 6). */
    private static final long MAX = (1L << 53) - 1;

    /** @throws MalformedException when it is not in 1 to 2^53 - 1 */
    public Epoch {
        if (number < 1 || number > MAX) {
            throw new MalformedException("epoch", "an epoch is a whole number from 1 on");
        }
    }

    /** Reads a decimal number. */
    public static Epoch parse(String text) {
        try {
            return new Epoch(Long.parseLong(text));
        } catch (NumberFormatException e) {
            throw new MalformedException("epoch", "an epoch is a whole number from 1 on");
        }
    }

    public Epoch next() {
        return new Epoch(number + 1);
    }

    @Override
    public int compareTo(Epoch other) {
        return Long.compare(number, other.number);
    }

    @Override
    public String toString() {
        return Long.toString(number);
    }
}
