package io.unibus.embeddednats;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Quoting for the server's configuration and for JSON, and the little reading of JSON that the server's answers need. */
final class Texts {
    private Texts() {}

    /** Refuses what no name, address, key or path here may hold: nothing, or control characters such as a line break. */
    static String requirePlain(String what, String value) {
        if (value.isEmpty()) {
            throw new IllegalArgumentException("the " + what + " is empty");
        }
        if (value.codePoints().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException("the " + what + " holds control characters");
        }
        return value;
    }

    /** A string in double quotes, as both JSON and the configuration format read it; for values that are plain. */
    static String quoted(String value) {
        return '"' + value.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    /** The value of the first string member of that name. */
    static Optional<String> jsonString(String json, String name) {
        Matcher matcher = Pattern.compile(Pattern.quote(quoted(name)) + "\\s*:\\s*\"((?:[^\"\\\\]|\\\\.)*)\"")
                .matcher(json);
        return matcher.find() ? Optional.of(matcher.group(1).replaceAll("\\\\(.)", "$1")) : Optional.empty();
    }

    /** The first element of the first array of strings of that name. */
    static Optional<String> firstOfJsonArray(String json, String name) {
        Matcher matcher = Pattern.compile(Pattern.quote(quoted(name)) + "\\s*:\\s*\\[\\s*\"([^\"\\\\]*)\"")
                .matcher(json);
        return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
    }
}
