package io.unibus.node.bus;

import io.nats.client.Connection;
import io.nats.client.Dispatcher;
import io.nats.client.Message;
import io.nats.client.support.JsonSerializable;
import io.nats.client.support.JsonUtils;
import io.nats.client.support.JwtUtils;
import io.unibus.protocol.MalformedException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.InstantSource;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers the child's authorization callout as a policy decides: who is let in to the account of the peers. In a cluster each
 * node hears the requests of all servers and answers those of its own child only.
 *
 * <p>Source of the message forms: the NATS documentation of the authorization callout, version 2 of its claims.
 */
final class AuthCalloutResponder {
    /** Names where the server publishes its requests, in the account named by its configuration. */
    private static final String SUBJECT = "$SYS.REQ.USER.AUTH";

    /** Counts the bytes that an answer has beside its JWT. */
    private static final int ENVELOPE = 1024;

    private static final Logger log = LoggerFactory.getLogger(AuthCalloutResponder.class);

    private final BusKeys issuer;
    private final String account;
    private final String user;
    private final InstantSource clock;
    private final LoginPolicy policy;

    /**
     * @param account whom those who are let in belong to
     * @param user the name of a configured user of that account, which a reload of the configuration needs to keep connections
     */
    AuthCalloutResponder(BusKeys issuer, String account, String user, InstantSource clock, LoginPolicy policy) {
        this.issuer = issuer;
        this.account = account;
        this.user = user;
        this.clock = clock;
        this.policy = policy;
    }

    /** Answers on a thread of the connection until that is closed. */
    void serve(Connection connection) {
        Dispatcher dispatcher = connection.createDispatcher(message -> answer(connection, message));
        dispatcher.subscribe(SUBJECT);
    }

    private void answer(Connection connection, Message message) {
        try {
            AuthRequest request = AuthRequest.parse(message.getData());
            if (request.connection()
                    .serverId()
                    .equals(connection.getServerInfo().getServerId())) {
                policy.decide(request, new SignedReply(connection, request, message.getReplyTo()));
            } else {
                policy.noteForeign(request);
            }
        } catch (MalformedException e) {
            log.error("a client could not be let in to the bus: {}", e.getMessage());
        }
    }

    /** Publishes the answer, signed. */
    private final class SignedReply implements AuthReply {
        private final Connection connection;
        private final AuthRequest request;
        private final String replyTo;

        SignedReply(Connection connection, AuthRequest request, String replyTo) {
            this.connection = connection;
            this.request = request;
            this.replyTo = replyTo;
        }

        @Override
        public boolean allow(BusPermissions permissions) {
            long most = connection.getMaxPayload() - ENVELOPE;
            if (permissions.toJson().length() > most * 9 / 16) { // the JWT is in base64, and in the answer once more
                return false;
            }
            String jwt = issue(user, account, permissions);
            publish(json -> JsonUtils.addField(json, "jwt", jwt));
            return true;
        }

        @Override
        public void refuse(String reason) {
            publish(json -> JsonUtils.addField(json, "error", reason));
        }

        private void publish(Consumer<StringBuilder> content) {
            JsonSerializable response = () -> {
                StringBuilder json = JsonUtils.beginJson();
                content.accept(json);
                JsonUtils.addField(json, "type", "authorization_response");
                JsonUtils.addField(json, "version", 2);
                return JsonUtils.endJson(json).toString();
            };
            String answer = issue(request.userKey(), request.connection().serverId(), response);
            try {
                connection.publish(replyTo, answer.getBytes(StandardCharsets.US_ASCII));
            } catch (IllegalStateException e) {
                log.debug("an answer comes too late: {}", e.getMessage());
            }
        }

        private String issue(String name, String audience, JsonSerializable claims) {
            long now = clock.instant().getEpochSecond();
            try {
                return JwtUtils.issueJWT(
                        issuer.pair(), request.userKey(), name, null, now, issuer.publicKey(), audience, claims);
            } catch (GeneralSecurityException | IOException e) {
                throw new IllegalStateException("Ed25519 is not available on this Java platform", e);
            }
        }
    }
}
