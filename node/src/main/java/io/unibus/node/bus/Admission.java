package io.unibus.node.bus;

import io.nats.client.Connection;
import io.nats.client.Dispatcher;
import io.nats.client.Message;
import io.nats.client.support.JsonParser;
import io.nats.client.support.JsonSerializable;
import io.nats.client.support.JsonUtils;
import io.nats.client.support.JsonValue;
import io.nats.client.support.JsonValueUtils;
import io.nats.client.support.JwtUtils;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.InstantSource;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers the child's authorization callout: who is let in to the account of the peers. With bus-auth {@code off} and
 * {@code soft} everyone is, with all permissions in that account and none in any other. In a cluster each node hears the
 * requests of all servers and answers those of its own child only.
 *
 * <p>Source of the message forms: the NATS documentation of the authorization callout, version 2 of its claims.
 */
final class Admission {
    /** Where the server publishes its requests, in the account named by its configuration. */
    private static final String SUBJECT = "$SYS.REQ.USER.AUTH";

    private static final Logger log = LoggerFactory.getLogger(Admission.class);

    private final BusKeys issuer;
    private final String account;
    private final InstantSource clock;
    private final Consumer<JsonValue> observer;

    /**
     * @param account whom the admitted belong to
     * @param observer is given each request that was answered, and must not wait
     */
    Admission(BusKeys issuer, String account, InstantSource clock, Consumer<JsonValue> observer) {
        this.issuer = issuer;
        this.account = account;
        this.clock = clock;
        this.observer = observer;
    }

    /** Answers on a thread of the connection until that is closed. */
    void serve(Connection connection) {
        Dispatcher dispatcher = connection.createDispatcher(request -> answer(connection, request));
        dispatcher.subscribe(SUBJECT);
    }

    private void answer(Connection connection, Message request) {
        try {
            JsonValue claims =
                    JsonParser.parse(JwtUtils.getClaimBody(new String(request.getData(), StandardCharsets.US_ASCII)));
            JsonValue nats = JsonValueUtils.readObject(claims, "nats");
            String server = JsonValueUtils.readString(JsonValueUtils.readObject(nats, "server_id"), "id");
            if (connection.getServerInfo().getServerId().equals(server)) {
                String answer = admit(JsonValueUtils.readString(nats, "user_nkey"), server);
                connection.publish(request.getReplyTo(), answer.getBytes(StandardCharsets.US_ASCII));
                observer.accept(nats);
            }
        } catch (GeneralSecurityException | IOException | RuntimeException e) {
            log.error("a client could not be let in to the bus: the server's request was not understood", e);
        }
    }

    private String admit(String userKey, String serverId) throws GeneralSecurityException, IOException {
        long now = clock.instant().getEpochSecond();
        String user = JwtUtils.issueJWT(
                issuer.pair(), userKey, userKey, null, now, issuer.publicKey(), account, new EveryPermission());
        return JwtUtils.issueJWT(
                issuer.pair(), userKey, userKey, null, now, issuer.publicKey(), serverId, new Response(user));
    }

    /** The claims of a user without limits, but that the server's own subjects tell of other clients. */
    private record EveryPermission() implements JsonSerializable {
        @Override
        public String toJson() {
            return "{\"type\":\"user\",\"version\":2,\"subs\":-1,\"data\":-1,\"payload\":-1,"
                    + "\"pub\":{\"deny\":[\"$SYS.>\"]},\"sub\":{\"deny\":[\"$SYS.>\"]}}";
        }
    }

    private record Response(String userJwt) implements JsonSerializable {
        @Override
        public String toJson() {
            StringBuilder json = JsonUtils.beginJson();
            JsonUtils.addField(json, "jwt", userJwt);
            JsonUtils.addField(json, "type", "authorization_response");
            JsonUtils.addField(json, "version", 2);
            return JsonUtils.endJson(json).toString();
        }
    }
}
