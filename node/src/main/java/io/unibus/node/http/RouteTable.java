package io.unibus.node.http;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Finds the routes of a path, segment by segment: a path with a slash too many or too few is another path. */
final class RouteTable {
    private final Map<String, Map<String, Route>> byTemplate = new LinkedHashMap<>();

    RouteTable(List<Route> routes) {
        for (Route route : routes) {
            byTemplate
                    .computeIfAbsent(route.template(), template -> new TreeMap<>())
                    .put(route.method(), route);
        }
    }

    /**
     * @param byMethod the routes of this path
     * @param parameters what the path has in place of the template's names
     */
    record Match(String template, Map<String, Route> byMethod, Map<String, String> parameters) {}

    Optional<Match> find(String path) {
        String[] segments = path.split("/", -1);
        for (Map.Entry<String, Map<String, Route>> entry : byTemplate.entrySet()) {
            Optional<Map<String, String>> parameters = match(entry.getKey().split("/", -1), segments);
            if (parameters.isPresent()) {
                return Optional.of(new Match(entry.getKey(), entry.getValue(), parameters.get()));
            }
        }
        return Optional.empty();
    }

    private static Optional<Map<String, String>> match(String[] template, String[] segments) {
        if (template.length != segments.length) {
            return Optional.empty();
        }
        Map<String, String> parameters = new HashMap<>();
        for (int i = 0; i < template.length; i++) {
            if (template[i].startsWith("{") && !segments[i].isEmpty()) {
                parameters.put(template[i].substring(1, template[i].length() - 1), segments[i]);
            } else if (!template[i].equals(segments[i])) {
                return Optional.empty();
            }
        }
        return Optional.of(parameters);
    }
}
