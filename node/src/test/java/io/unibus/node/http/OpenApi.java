package io.unibus.node.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.Error;
import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** The description of the API, as the node serves it, and whether answers are as it says. */
final class OpenApi {
    private static final String ID = "https://unibus.invalid/openapi.yaml";
    private static final Set<String> METHODS = Set.of("get", "post", "put", "patch", "delete");

    private final JsonNode root;
    private final SchemaRegistry schemas;

    private OpenApi(String yaml) {
        this.root = new YAMLMapper().readTree(yaml);
        this.schemas = SchemaRegistry.withDefaultDialect(
                SpecificationVersion.DRAFT_2020_12, builder -> builder.schemas(Map.of(ID, yaml)));
    }

    static OpenApi load() {
        try (InputStream yaml = Objects.requireNonNull(OpenApi.class.getResourceAsStream("openapi.yaml"))) {
            return new OpenApi(new String(yaml.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** All operations as {@code GET /rooms/{room}}. */
    Set<String> operations() {
        Set<String> operations = new TreeSet<>();
        for (Map.Entry<String, JsonNode> path : root.get("paths").properties()) {
            for (String member : path.getValue().propertyNames()) {
                if (METHODS.contains(member)) {
                    operations.add(member.toUpperCase(java.util.Locale.ROOT) + " " + path.getKey());
                }
            }
        }
        return operations;
    }

    /** The codes of an operation's answer of one status, or nothing when there is no such answer. */
    Set<String> codes(String operation, String status) {
        Set<String> codes = new TreeSet<>();
        response(operation, status)
                .ifPresent(response -> response.at(
                                "/content/application~1problem+json/schema/allOf/1/properties/code/enum")
                        .forEach(code -> codes.add(code.asString())));
        return codes;
    }

    Set<String> statuses(String operation) {
        return new TreeSet<>(root.at(pointer(operation) + "/responses").propertyNames());
    }

    /** Fails unless {@code operation} may be answered so. */
    void requireDescribed(String operation, HttpResponse<String> answer) {
        String status = Integer.toString(answer.statusCode());
        JsonNode response = response(operation, status)
                .orElseThrow(() -> new AssertionError(operation + " is not described with " + status));
        response.path("headers")
                .propertyNames()
                .forEach(header -> assertThat(answer.headers().firstValue(header))
                        .as(operation + " " + status + " " + header)
                        .isPresent());
        String mediaType = answer.headers()
                .firstValue("Content-Type")
                .map(type -> type.replaceFirst(";.*", ""))
                .orElse("none");
        if (!response.has("content")) {
            assertThat(answer.body()).isEmpty();
            return;
        }
        assertThat(response.get("content").propertyNames()).contains(mediaType);
        if (mediaType.endsWith("json")) {
            String schema = responsePointer(operation, status) + "/content/" + escape(mediaType) + "/schema";
            assertThat(errors(schema, answer.body()))
                    .as(operation + " answered " + answer.body())
                    .isEmpty();
        }
    }

    /** Fails unless the body of {@code operation} may look so. */
    List<Error> requestErrors(String operation, String body) {
        return errors(pointer(operation) + "/requestBody/content/application~1json/schema", body);
    }

    /** For each example in the description what is wrong with it. */
    List<String> exampleErrors() {
        List<String> errors = new ArrayList<>();
        collectExampleErrors("", root, errors);
        return errors;
    }

    private void collectExampleErrors(String pointer, JsonNode node, List<String> errors) {
        if (node.has("schema") && node.has("examples")) {
            node.get("examples").properties().forEach(example -> {
                for (Error error : errors(
                        pointer + "/schema", example.getValue().get("value").toString())) {
                    errors.add(pointer + "/examples/" + example.getKey() + ": " + error);
                }
            });
        }
        node.properties()
                .forEach(child ->
                        collectExampleErrors(pointer + "/" + escape(child.getKey()), child.getValue(), errors));
    }

    private List<Error> errors(String pointer, String json) {
        return schemas.getSchema(SchemaLocation.of(ID + "#" + pointer))
                .validate(
                        json,
                        InputFormat.JSON,
                        context -> context.executionConfig(config -> config.formatAssertionsEnabled(true)));
    }

    private Optional<JsonNode> response(String operation, String status) {
        JsonNode response = root.at(responsePointer(operation, status));
        return response.isMissingNode() ? Optional.empty() : Optional.of(response);
    }

    private String responsePointer(String operation, String status) {
        String pointer = pointer(operation) + "/responses/" + status;
        JsonNode reference = root.at(pointer + "/$ref");
        return reference.isMissingNode() ? pointer : reference.asString().substring(1);
    }

    private static String pointer(String operation) {
        String[] methodAndPath = operation.split(" ", 2);
        return "/paths/" + escape(methodAndPath[1]) + "/" + methodAndPath[0].toLowerCase(java.util.Locale.ROOT);
    }

    /** RFC 6901. */
    private static String escape(String name) {
        return name.replace("~", "~0").replace("/", "~1");
    }
}
