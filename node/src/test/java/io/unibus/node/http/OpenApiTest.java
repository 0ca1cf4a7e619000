package io.unibus.node.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.node.control.MemoryStore;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class OpenApiTest {
    private final OpenApi description = OpenApi.load();

    @Test
    void routesAndOperationsAreTheSame() {
        Set<String> routes = new TreeSet<>();
        new ServerParts(new MemoryStore(), Path.of("unused"))
                .routes
                .table()
                .forEach(route -> routes.add(route.method() + " " + route.template()));
        assertThat(description.operations()).isEqualTo(routes);
    }

    @Test
    void examplesAreValid() {
        assertThat(description.exampleErrors()).isEmpty();
    }

    @Test
    void everyErrorHasItsCodes() {
        for (String operation : description.operations()) {
            for (String status : description.statuses(operation)) {
                if (status.startsWith("4") || status.startsWith("5")) {
                    assertThat(description.codes(operation, status))
                            .as(operation + " " + status)
                            .isNotEmpty();
                }
            }
        }
    }

    @Test
    void unknownFieldsAreNotDescribed() {
        assertThat(description.requestErrors("POST /rooms", "{\"subjekt\":\"a\"}"))
                .isNotEmpty();
        assertThat(description.requestErrors("POST /rooms", "{\"subject\":\"a\"}"))
                .isEmpty();
    }
}
