package io.unibus.node.bus;

import java.util.Set;

/**
 * The subjects that a connection is allowed, as nats-server is told them: exact ones, and prefixes that end in {@code .>}.
 *
 * @param subjects never empty, which to nats-server would mean everything
 */
record SubjectAllowlist(Set<String> subjects) {
    private static final String REST = ".>";

    SubjectAllowlist {
        subjects = Set.copyOf(subjects);
        if (subjects.isEmpty()) {
            throw new IllegalArgumentException("an empty list allows everything");
        }
    }

    /**
     * Returns whether nats-server lets such a connection subscribe to {@code subject}, in a queue group or not: whether everything that
     * the subscription could hear is allowed.
     */
    boolean covers(String subject) {
        return subjects.contains(subject) || subjects.stream().anyMatch(allowed -> isBelow(allowed, subject));
    }

    private static boolean isBelow(String allowed, String subject) {
        int dot = allowed.length() - 1;
        return allowed.endsWith(REST) && subject.length() > dot && subject.startsWith(allowed.substring(0, dot));
    }
}
