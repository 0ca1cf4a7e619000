package io.unibus.store.jetstream;

import io.nats.client.Message;
import io.nats.client.impl.Headers;
import io.nats.client.support.JsonValue;
import io.nats.client.support.JsonValueUtils;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.Base64;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads entries from what the servers send: republished messages and answers to direct gets alike, and the leader's JSON. */
final class Entries {
    private static final String OPERATION = "KV-Operation";
    private static final String MARKER = "Nats-Marker-Reason";

    private Entries() {}

    /** The entry that a message carries with its place in the stream as headers; empty when it is none of this bucket. */
    static Optional<Entry> of(Bucket bucket, Message message) {
        Headers headers = message.getHeaders();
        if (headers == null || message.isStatusMessage()) {
            return Optional.empty();
        }
        String subject = headers.getFirst("Nats-Subject");
        long revision = number(headers, "Nats-Sequence");
        Instant time = time(headers.getFirst("Nats-Time-Stamp"));
        if (subject == null
                || !subject.startsWith(bucket.subject(""))
                || revision <= 0
                || time == null
                || !bucket.stream().equals(headers.getFirst("Nats-Stream"))) {
            return Optional.empty();
        }
        boolean deleted = headers.containsKey(MARKER) || isRemoval(headers.getFirst(OPERATION));
        byte[] value = deleted || message.getData() == null ? new byte[0] : message.getData();
        return Optional.of(new Entry(subject.substring(bucket.subject("").length()), value, revision, deleted, time));
    }

    /** The entry in the leader's answer to a request for a message. */
    static Optional<Entry> of(Bucket bucket, JsonValue answer) {
        JsonValue message = JsonValueUtils.readValue(answer, "message");
        if (message == null) {
            return Optional.empty();
        }
        String subject = JsonValueUtils.readString(message, "subject", "");
        long revision = JsonValueUtils.readLong(message, "seq", 0);
        Instant time = time(JsonValueUtils.readString(message, "time"));
        if (!subject.startsWith(bucket.subject("")) || revision <= 0 || time == null) {
            return Optional.empty();
        }
        boolean deleted = isRemovalBlock(JsonValueUtils.readString(message, "hdrs", ""));
        byte[] value =
                deleted ? new byte[0] : Base64.getDecoder().decode(JsonValueUtils.readString(message, "data", ""));
        return Optional.of(new Entry(subject.substring(bucket.subject("").length()), value, revision, deleted, time));
    }

    /** A numeric header; −1 without one. */
    static long number(@Nullable Headers headers, String name) {
        String text = headers == null ? null : headers.getFirst(name);
        try {
            return text == null ? -1 : Long.parseLong(text);
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    private static boolean isRemoval(@Nullable String operation) {
        return "DEL".equals(operation) || "PURGE".equals(operation);
    }

    /** Header lines as they stand in the stream. */
    private static boolean isRemovalBlock(String base64) {
        String block = new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
        return block.lines()
                .map(line -> line.split(":", 2))
                .filter(line -> line.length == 2)
                .anyMatch(line -> line[0].equals(MARKER) || (line[0].equals(OPERATION) && isRemoval(line[1].strip())));
    }

    static @Nullable Instant time(@Nullable String text) {
        try {
            return text == null ? null : OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeParseException e) {
            return null;
        }
    }
}
