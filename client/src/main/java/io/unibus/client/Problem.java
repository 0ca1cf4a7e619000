package io.unibus.client;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.JsonObject;
import io.unibus.protocol.MalformedException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A refusal as {@code application/problem+json} carries it. Fields that are not known here are ignored: a newer node may
 * say more.
 */
record Problem(
        int status,
        String code,
        String title,
        String detail,
        Optional<Epoch> currentEpoch,
        List<Endpoint> missing,
        List<Endpoint> extra) {
    private static final int MAX_EXCERPT = 200;

    Problem {
        missing = List.copyOf(missing);
        extra = List.copyOf(extra);
    }

    static Problem of(int status, String code, String detail) {
        return new Problem(status, code, "", detail, Optional.empty(), List.of(), List.of());
    }

    /** Reads an error's body, whatever it is. */
    static Problem read(int status, String contentType, byte[] body) {
        if (isProblemJson(contentType)) {
            try {
                return fromJson(status, JsonObject.parse(body));
            } catch (MalformedException e) {
                return foreign(status, body);
            }
        }
        return foreign(status, body);
    }

    Problem withDetail(String newDetail) {
        return new Problem(status, code, title, newDetail, currentEpoch, missing, extra);
    }

    String sentence() {
        String said = detail.isEmpty() ? title : detail;
        return said.isEmpty() ? code : said + " (" + code + ")";
    }

    private static boolean isProblemJson(String contentType) {
        return contentType.split(";", 2)[0].strip().equalsIgnoreCase("application/problem+json");
    }

    private static Problem fromJson(int status, JsonObject json) {
        return new Problem(
                status,
                json.string("code").orElse("http-" + status),
                json.string("title").orElse(""),
                json.string("detail").orElse(""),
                json.number("current_epoch").map(Epoch::new),
                json.strings("missing").stream().map(Endpoint::parse).toList(),
                json.strings("extra").stream().map(Endpoint::parse).toList());
    }

    /** An answer that no node gives: of a proxy, or of another server at this address. */
    private static Problem foreign(int status, byte[] body) {
        String excerpt = excerpt(body);
        return of(
                status,
                "http-" + status,
                "The answer is HTTP status " + status
                        + " and not in the form of a unibus node; is the URL right, and is" + " there a proxy between?"
                        + (excerpt.isEmpty() ? "" : " It says: " + excerpt));
    }

    private static String excerpt(byte[] body) {
        byte[] start = Arrays.copyOf(body, Math.min(body.length, MAX_EXCERPT));
        String text = new String(start, StandardCharsets.UTF_8)
                .replaceAll("[\\p{Cntrl}\\s]+", " ")
                .strip();
        return body.length > MAX_EXCERPT ? text + "…" : text;
    }
}
