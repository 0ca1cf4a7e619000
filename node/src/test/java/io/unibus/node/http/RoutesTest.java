package io.unibus.node.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.node.control.MemoryStore;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class RoutesTest {
    private final List<Route> table = new ServerParts(new MemoryStore(), Path.of("unused")).routes.table();

    @Test
    void tableIsTheGoldenFile() throws IOException {
        String actual = String.join("\n", table.stream().map(Route::toString).toList()) + "\n";
        assertThat(actual).isEqualTo(read("routes.txt"));
    }

    @Test
    void noRouteIsThereTwice() {
        assertThat(table.stream()
                        .map(route -> route.method() + " " + route.template())
                        .toList())
                .doesNotHaveDuplicates();
    }

    private static String read(String name) throws IOException {
        try (InputStream file = Objects.requireNonNull(RoutesTest.class.getResourceAsStream(name), name)) {
            return new String(file.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
