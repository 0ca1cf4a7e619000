package io.unibus.node.http;

import io.undertow.util.StatusCodes;
import io.unibus.protocol.JsonWriter;
import java.util.function.Consumer;

/**
 * An error answer per RFC 9457: {@code application/problem+json} with the stable {@code code} beside the standard
 * members.
 *
 * @param facts further members of the object, such as {@code current_epoch}
 */
record Problem(int status, String code, String detail, Consumer<JsonWriter> facts) {
    static Problem of(int status, String code, String detail) {
        return new Problem(status, code, detail, json -> {});
    }

    Answer answer() {
        Answer answer = new Answer(status, Answer.PROBLEM, JsonWriter.object(this::writeFields), java.util.Map.of());
        return switch (status) {
            case 401 -> answer.withHeader("WWW-Authenticate", "Unibus-Endpoint");
            case 429 -> answer.withHeader("Retry-After", "60");
            case 503 -> answer.withHeader("Retry-After", "1");
            default -> answer;
        };
    }

    /** RFC 9110, section 15; the server library does not know all of them. */
    static String title(int status) {
        return status == 421 ? "Misdirected Request" : StatusCodes.getReason(status);
    }

    private void writeFields(JsonWriter json) {
        json.field("type", "urn:unibus:problem:" + code);
        json.field("title", title(status));
        json.field("status", status);
        json.field("code", code);
        json.field("detail", detail);
        facts.accept(json);
    }
}
