package io.unibus.node.config;

import java.util.Collection;
import java.util.Comparator;

/** Guesses which known word a mistyped one was meant to be. */
final class Suggestion {
    private Suggestion() {}

    /** A clause such as {@code "; did you mean http?"}, or nothing when no known word is near. */
    static String forWord(String word, Collection<String> known) {
        return forWord("", word, known);
    }

    /** @param prefix which all words begin with, so that it says nothing of how near they are */
    static String forWord(String prefix, String word, Collection<String> known) {
        int near = Math.max(1, (word.length() - prefix.length()) / 3);
        return known.stream()
                .min(Comparator.comparingInt(candidate -> distance(word, candidate)))
                .filter(candidate -> distance(word, candidate) <= near)
                .map(candidate -> "; did you mean " + candidate + "?")
                .orElse("");
    }

    /** Levenshtein distance. */
    private static int distance(String a, String b) {
        int[] previous = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int[] current = new int[b.length() + 1];
            current[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int substituted = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                current[j] = Math.min(substituted, 1 + Math.min(previous[j], current[j - 1]));
            }
            previous = current;
        }
        return previous[b.length()];
    }
}
