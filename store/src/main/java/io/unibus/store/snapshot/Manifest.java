package io.unibus.store.snapshot;

import io.unibus.protocol.JsonObject;
import io.unibus.protocol.JsonWriter;
import io.unibus.protocol.MalformedException;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.Map;

/**
 * What a snapshot consists of. Two control planes with equal manifests are equal.
 *
 * @param sections one entry for each section
 */
public record Manifest(Map<Section, Part> sections) {
    private static final String FIELD = "manifest";

    /**
     * A section.
     *
     * @param sha256 of its lines with their ends, in lower-case hexadecimal
     */
    public record Part(long count, String sha256) {}

    public Manifest {
        sections = Collections.unmodifiableMap(new EnumMap<>(sections));
    }

    /** The manifest of everything that {@code source} holds. */
    public static Manifest of(SnapshotSource source, Progress progress, Progress.Step step) {
        Tally tally = new Tally();
        long total = source.count();
        long done = 0;
        try (SnapshotCursor cursor = source.all()) {
            for (var record = cursor.next(); record.isPresent(); record = cursor.next()) {
                tally.add(record.get().section(), record.get().line());
                progress.at(step, ++done, total);
            }
        }
        return tally.manifest();
    }

    public Part part(Section section) {
        Part part = sections.get(section);
        if (part == null) {
            throw new IllegalStateException("a manifest has all sections");
        }
        return part;
    }

    public long count() {
        return sections.values().stream().mapToLong(Part::count).sum();
    }

    /** One digest for the whole, in lower-case hexadecimal. */
    public String digest() {
        return HexFormat.of().formatHex(Tally.sha256().digest(line()));
    }

    byte[] line() {
        return JsonWriter.object(json -> json.object(FIELD, this::writeFields));
    }

    public void writeFields(JsonWriter json) {
        sections.forEach((section, part) -> json.object(section.toString(), fields -> {
            fields.field("count", part.count());
            fields.field("sha256", part.sha256());
        }));
    }

    static Manifest ofLine(byte[] line) {
        JsonObject json = JsonObject.parse(line);
        JsonObject fields =
                json.object(FIELD).orElseThrow(() -> new MalformedException("manifest", "it has no field " + FIELD));
        Map<Section, Part> sections = new EnumMap<>(Section.class);
        for (Section section : Section.values()) {
            JsonObject part = fields.object(section.toString())
                    .orElseThrow(() -> new MalformedException("manifest", "it has no section " + section));
            sections.put(section, new Part(part.requiredLong("count"), part.requiredString("sha256")));
            part.refuseUnknownFields();
        }
        fields.refuseUnknownFields();
        json.refuseUnknownFields();
        return new Manifest(sections);
    }
}
