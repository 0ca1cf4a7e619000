package io.unibus.node.config;

import java.util.List;
import java.util.Locale;

/** A feature that is rolled out in steps. */
public enum FeatureFlag {
    DECENTRALIZED("off", "on"),
    BUS_AUTH("off", "soft", "enforce"),
    BUS_TLS("off", "on");

    @SuppressWarnings("ImmutableEnumChecker") // made by List.of
    private final List<String> states;

    FeatureFlag(String... states) {
        this.states = List.of(states);
    }

    /** As in the file of flags: {@code bus-auth}. */
    public String key() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** From not rolled out to fully rolled out. */
    List<String> states() {
        return states;
    }
}
