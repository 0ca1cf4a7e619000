package io.unibus.node.config;

import io.unibus.protocol.JsonObject;
import io.unibus.protocol.MalformedException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The rollout states of a file such as {@code dev/feature_flags.json}. */
public final class FeatureFlags {
    private final Map<FeatureFlag, Declared> flags;

    private FeatureFlags(Map<FeatureFlag, Declared> flags) {
        this.flags = Collections.unmodifiableMap(flags);
    }

    /** The state of one flag and what it is about. */
    public record Declared(String state, String description) {}

    /** The target rollout that this version of the program declares. */
    public static FeatureFlags declared() {
        try (@Nullable InputStream in = FeatureFlags.class.getResourceAsStream("feature_flags.json")) {
            if (in == null) {
                throw new IllegalStateException("feature_flags.json is not in the jar");
            }
            return parse(in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** @throws MalformedException when it is not JSON, or names an unknown flag or state */
    static FeatureFlags read(Path file) throws IOException {
        return parse(Files.readAllBytes(file));
    }

    public Optional<Declared> get(FeatureFlag flag) {
        return Optional.ofNullable(flags.get(flag));
    }

    private static FeatureFlags parse(byte[] utf8) {
        JsonObject file = JsonObject.parse(utf8);
        Map<FeatureFlag, Declared> flags = new EnumMap<>(FeatureFlag.class);
        for (FeatureFlag flag : FeatureFlag.values()) {
            file.object(flag.key()).ifPresent(json -> flags.put(flag, readFlag(flag, json)));
        }
        file.refuseUnknownFields();
        return new FeatureFlags(flags);
    }

    private static Declared readFlag(FeatureFlag flag, JsonObject json) {
        Declared declared = new Declared(
                json.requiredString("state"), json.string("description").orElse(""));
        json.refuseUnknownFields();
        if (!flag.states().contains(declared.state())) {
            throw new MalformedException(
                    "feature-flag", flag.key() + " must be one of " + String.join(", ", flag.states()));
        }
        return declared;
    }
}
