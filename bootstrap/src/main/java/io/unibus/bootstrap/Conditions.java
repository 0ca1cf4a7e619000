package io.unibus.bootstrap;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;

/** Logs each condition once when it begins, as a warning, and once when it is over. Used by one thread. */
final class Conditions {
    private final Logger log;
    private final String clearedWord;
    private Map<String, String> present = Map.of();
    private volatile List<String> sentences = List.of();

    Conditions(Logger log, String clearedWord) {
        this.log = log;
        this.clearedWord = clearedWord;
    }

    /** @param now the sentences of the conditions that hold, each under a key that says whether it is the same one */
    void update(Map<String, String> now) {
        now.forEach((key, sentence) -> {
            if (!present.containsKey(key)) {
                log.warn("{}", sentence);
            }
        });
        present.forEach((key, sentence) -> {
            if (!now.containsKey(key)) {
                log.info("{}: {}", clearedWord, sentence);
            }
        });
        present = new TreeMap<>(now);
        sentences = List.copyOf(present.values());
    }

    /** What holds now. To be read by any thread. */
    List<String> sentences() {
        return sentences;
    }
}
