package io.unibus.store.snapshot;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.Map;

/** Counts and digests lines as they pass, section by section. One thread. */
final class Tally {
    private final Map<Section, Long> counts = new EnumMap<>(Section.class);
    private final Map<Section, MessageDigest> digests = new EnumMap<>(Section.class);

    Tally() {
        for (Section section : Section.values()) {
            counts.put(section, 0L);
            digests.put(section, sha256());
        }
    }

    /** @param line without its end */
    void add(Section section, byte[] line) {
        counts.merge(section, 1L, Long::sum);
        digests.computeIfPresent(section, (key, digest) -> {
            digest.update(line);
            digest.update((byte) '\n');
            return digest;
        });
    }

    /** Of all lines; to be called once. */
    Manifest manifest() {
        Map<Section, Manifest.Part> parts = new EnumMap<>(Section.class);
        digests.forEach((section, digest) -> parts.put(
                section,
                new Manifest.Part(
                        counts.getOrDefault(section, 0L), HexFormat.of().formatHex(digest.digest()))));
        return new Manifest(parts);
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
