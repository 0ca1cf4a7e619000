package io.unibus.node.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConfigurationDocumentTest {
    private static final Path DOCUMENT = Path.of("..", "docs", "configuration.md");

    @Test
    void tableOfOptionsIsTheOneOfTheParser() throws IOException {
        List<String> rows = Files.readString(DOCUMENT)
                .lines()
                .filter(line -> line.startsWith("| `--"))
                .toList();
        assertThat(rows)
                .containsExactlyElementsOf(Arrays.stream(NodeOption.values())
                        .map(ConfigurationDocumentTest::row)
                        .toList());
    }

    private static String row(NodeOption option) {
        String value = option.isSwitch() ? "" : " " + option.valueForm().replace("|", "\\|");
        return "| `" + option.flag() + value + "` | `" + option.variable() + "` | " + option.defaultValue() + " | "
                + option.description() + " |";
    }
}
