package io.unibus.bootstrap;

import io.unibus.protocol.JsonObject;
import io.unibus.protocol.JsonWriter;
import io.unibus.protocol.MalformedException;
import java.time.Instant;
import java.util.Optional;

/**
 * What a node says of itself once a second.
 *
 * @param name unique in the cluster, if its operators took care
 * @param instance another one in every process
 * @param replicas the number it wants the buckets to have
 * @param time its clock
 * @param http where its control plane listens, as a URL
 * @param serverId of its nats-server, empty when it does not know at the moment
 * @param busAuth how it verifies callers: {@code off}, {@code soft} or {@code enforce}
 */
public record Heartbeat(
        String name,
        String instance,
        String version,
        int replicas,
        Instant time,
        String http,
        String serverId,
        String busAuth,
        Instant startedAt) {

    byte[] toJson() {
        return JsonWriter.object(json -> {
            json.field("name", name);
            json.field("instance", instance);
            json.field("version", version);
            json.field("replicas", replicas);
            json.field("time", time);
            json.field("http", http);
            json.field("server_id", serverId);
            json.field("bus_auth", busAuth);
            json.field("started_at", startedAt);
        });
    }

    /** Empty when it is none. Unknown fields are let pass: another version may have more. */
    static Optional<Heartbeat> parse(byte[] json) {
        try {
            JsonObject object = JsonObject.parse(json);
            return Optional.of(new Heartbeat(
                    object.requiredString("name"),
                    object.requiredString("instance"),
                    object.requiredString("version"),
                    Math.toIntExact(object.requiredLong("replicas")),
                    object.requiredInstant("time"),
                    object.requiredString("http"),
                    object.requiredString("server_id"),
                    object.string("bus_auth").orElse("off"),
                    object.requiredInstant("started_at")));
        } catch (MalformedException | ArithmeticException e) {
            return Optional.empty();
        }
    }
}
