package io.unibus.cluster;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** The records of a bucket as one server holds them, by their keys. */
record ReplicaContent(SortedMap<String, Held> records) {
    private static final int SHOWN = 10;
    private static final int SHOWN_DIGITS = 16;

    /**
     * The latest value of a key.
     *
     * @param operation what a removal says instead of a value; else empty
     * @param sha256 of the value, in hexadecimal
     */
    record Held(long revision, String operation, String sha256) {
        static Held of(long revision, String operation, byte[] value) {
            return new Held(revision, operation, hex(newDigest().digest(value)));
        }
    }

    ReplicaContent {
        records = Collections.unmodifiableSortedMap(new TreeMap<>(records));
    }

    /** Of every key with its value and its revision, in hexadecimal. */
    String digest() {
        MessageDigest digest = newDigest();
        records.forEach((key, held) -> digest.update((key + ' ' + held + '\n').getBytes(StandardCharsets.UTF_8)));
        return hex(digest.digest());
    }

    /** Some of what is not, or not so, in the other one. */
    List<String> missingIn(ReplicaContent other) {
        return records.entrySet().stream()
                .filter(entry -> !entry.getValue().equals(other.records.get(entry.getKey())))
                .limit(SHOWN)
                .map(entry -> entry + ", there: " + other.records.get(entry.getKey()))
                .toList();
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    private static MessageDigest newDigest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    @Override
    public String toString() {
        return records.size() + " records, sha256 " + digest().substring(0, SHOWN_DIGITS) + "...";
    }
}
