package io.unibus.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The commands that the README tells its readers to type. */
final class Readme {
    private static final Pattern TOUR = Pattern.compile("<!-- tour: begin -->(.*?)<!-- tour: end -->", Pattern.DOTALL);
    private static final Pattern BLOCK = Pattern.compile("^```sh\\n(.*?)^```$", Pattern.DOTALL | Pattern.MULTILINE);

    private Readme() {}

    /** All {@code sh} blocks of the tour, in their order. */
    static String tour() {
        try {
            String text = Files.readString(Unibus.root().resolve("README.md"));
            Matcher tour = TOUR.matcher(text);
            if (!tour.find()) {
                throw new AssertionError("the README has no tour between its markers");
            }
            StringBuilder script = new StringBuilder();
            Matcher blocks = BLOCK.matcher(tour.group(1));
            while (blocks.find()) {
                script.append(blocks.group(1));
            }
            return script.toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
