package io.unibus.embeddednats;

import java.util.Optional;
import java.util.OptionalInt;

/** The ports that a server chose or was given, from its ports file. */
record Listeners(int clientPort, OptionalInt monitoringPort) {
    /** Empty while the file is not whole. */
    static Optional<Listeners> parse(String json) {
        if (!json.stripTrailing().endsWith("}")) {
            return Optional.empty();
        }
        OptionalInt monitoring = port(json, "monitoring");
        OptionalInt clients = port(json, "nats");
        return clients.isPresent() ? Optional.of(new Listeners(clients.getAsInt(), monitoring)) : Optional.empty();
    }

    private static OptionalInt port(String json, String name) {
        Optional<String> url = Texts.firstOfJsonArray(json, name);
        return url.isPresent() && url.get().matches(".*:\\d{1,5}")
                ? OptionalInt.of(Integer.parseInt(url.get().substring(url.get().lastIndexOf(':') + 1)))
                : OptionalInt.empty();
    }
}
