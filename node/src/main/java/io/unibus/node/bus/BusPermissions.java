package io.unibus.node.bus;

import io.nats.client.support.JsonSerializable;
import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Subject;
import java.util.Collection;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The claims of a user of the bus: on which subjects a connection may publish and subscribe.
 *
 * @param toJson the object {@code nats} of the user's JWT
 */
record BusPermissions(String toJson) implements JsonSerializable {
    /** Tells a client who it is logged in as, and nothing of others. */
    private static final String USER_INFO = "$SYS.REQ.USER.INFO";

    /** Limits in here are ignored by nats-server when the JWT comes from a callout. */
    private static final String BEGIN = "{\"type\":\"user\",\"version\":2,\"subs\":-1,\"data\":-1,\"payload\":-1,";

    /** Returns every permission in the account of the peers, but that the server's own subjects tell of other clients. */
    static BusPermissions everything() {
        return new BusPermissions(BEGIN + "\"pub\":{\"deny\":[\"$SYS.>\"]},\"sub\":{\"deny\":[\"$SYS.>\"]}}");
    }

    /**
     * Returns what a member of rooms may: talk on their subjects, answer requests, and hear answers in an inbox of its own. Neither
     * list is ever empty, which to nats-server would mean everything. No permission comes with a message that is heard
     * ({@code allow_responses}): whoever may send to a responder could let it publish to any subject.
     */
    static BusPermissions of(Endpoint endpoint, Collection<Subject> rooms) {
        return new BusPermissions(BEGIN + "\"pub\":{\"allow\":" + list(allowlist(rooms, "_INBOX.>", USER_INFO))
                + "},\"sub\":{\"allow\":" + list(subscribable(endpoint, rooms)) + "}}");
    }

    /** Returns what {@link #of} lets a member of rooms subscribe to. */
    static SubjectAllowlist subscribable(Endpoint endpoint, Collection<Subject> rooms) {
        return allowlist(rooms, "_INBOX." + endpoint.nkey() + ".>");
    }

    private static SubjectAllowlist allowlist(Collection<Subject> rooms, String... others) {
        return new SubjectAllowlist(Stream.concat(rooms.stream().map(Subject::value), Stream.of(others))
                .collect(Collectors.toSet()));
    }

    /** Subjects need no escapes in JSON, by their form. */
    private static String list(SubjectAllowlist allowed) {
        return allowed.subjects().stream()
                .sorted()
                .map(subject -> '"' + subject + '"')
                .collect(Collectors.joining(",", "[", "]"));
    }
}
