package io.unibus.protocol.chain;

import java.security.MessageDigest;
import java.util.Locale;

/**
 * Thirty digits that people compare by voice: the same for two members if and only if they have verified the same chain up to
 * the same link. They change with each link, so both must be at the same number.
 *
 * @param digits 30 decimal digits
 */
public record ChainFingerprint(String digits) {
    private static final String LABEL = "unibus room fingerprint v1";
    private static final int GROUPS = 6;
    private static final int BYTES_OF_GROUP = 5;
    private static final int DIGITS_OF_GROUP = 5;

    /**
     * As often as in Signal's safety numbers. A colluding owner could search two chains with the same 30 digits, some 2^50
     * tries; the repetition makes each try this much dearer.
     */
    private static final int ITERATIONS = 5_200;

    /**
     * Returns the fingerprint of a verified chain: the digest of label, room id, number and hash of its last link is, 5,200
     * times, followed by that hash and digested again; of the first 30 bytes each five are one number (big endian), whose
     * last five decimal digits are one group.
     *
     * <p>Source of groups and repetition: Signal's {@code NumericFingerprintGenerator}. Takes about a millisecond.
     */
    public static ChainFingerprint of(ChainState state) {
        ChainHead head = state.head();
        byte[] hash = head.hash().bytes();
        MessageDigest sha256 = ChainDigest.newSha256();
        byte[] digest = sha256.digest(new FieldWriter(LABEL)
                .ascii(state.room().value())
                .number64(head.number())
                .field(hash)
                .toBytes());
        for (int i = 0; i < ITERATIONS; i++) {
            sha256.update(digest);
            digest = sha256.digest(hash);
        }
        StringBuilder digits = new StringBuilder();
        for (int group = 0; group < GROUPS; group++) {
            digits.append(digitsOfGroup(digest, group * BYTES_OF_GROUP));
        }
        return new ChainFingerprint(digits.toString());
    }

    private static String digitsOfGroup(byte[] digest, int start) {
        long number = 0;
        for (int i = start; i < start + BYTES_OF_GROUP; i++) {
            number = number << 8 | (digest[i] & 0xff);
        }
        return String.format(Locale.ROOT, "%05d", number % 100_000);
    }

    /** Returns the digits in six groups of five, with spaces between. */
    @Override
    public String toString() {
        StringBuilder grouped = new StringBuilder(digits);
        for (int place = digits.length() - DIGITS_OF_GROUP; place > 0; place -= DIGITS_OF_GROUP) {
            grouped.insert(place, ' ');
        }
        return grouped.toString();
    }
}
