package io.unibus.node.bus;

import io.nats.client.support.JsonValue;
import io.nats.client.support.JsonValueUtils;
import io.unibus.node.control.ControlPlane;
import io.unibus.node.control.DenialCounter;
import io.unibus.node.control.DenialReason;
import io.unibus.protocol.Endpoint;
import io.unibus.protocol.MalformedException;
import io.unibus.protocol.User;
import io.unibus.store.StoreException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.bouncycastle.math.ec.rfc8032.Ed25519;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts the logins to the bus that bus-auth {@code enforce} would refuse, in a thread of its own, so that no login waits for
 * the store. Logins that cannot be looked up, or come faster than they are, are not counted. Closed by {@link Bus}.
 */
final class LoginObserver implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(LoginObserver.class);

    private static final int MOST_WAITING = 1_000;
    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(3);

    private final Supplier<ControlPlane> control;
    private final DenialCounter denials;
    private final ThreadPoolExecutor thread = new ThreadPoolExecutor(
            1,
            1,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(MOST_WAITING),
            work -> {
                Thread made = new Thread(work, "bus-login-observer");
                made.setDaemon(true);
                return made;
            },
            new ThreadPoolExecutor.DiscardPolicy());

    /** @param control asked only when there is a login */
    LoginObserver(Supplier<ControlPlane> control, DenialCounter denials) {
        this.control = control;
        this.denials = denials;
    }

    /** Looks at a login, soon. {@code request} is the object {@code nats} of the server's authorization request. */
    void observe(JsonValue request) {
        thread.execute(() -> check(request));
    }

    private void check(JsonValue request) {
        try {
            JsonValue options = JsonValueUtils.readObject(request, "connect_opts");
            @Nullable String nkey = JsonValueUtils.readString(options, "nkey");
            if (nkey == null || nkey.isEmpty()) {
                denials.count(DenialCounter.Door.BUS, Optional.empty(), DenialReason.SIGNATURE_MISSING);
                return;
            }
            Endpoint endpoint = new Endpoint(nkey);
            @Nullable
            String nonce = JsonValueUtils.readString(JsonValueUtils.readObject(request, "client_info"), "nonce");
            @Nullable String signature = JsonValueUtils.readString(options, "sig");
            denialOf(endpoint, nonce, signature)
                    .ifPresent(reason -> denials.count(DenialCounter.Door.BUS, Optional.of(endpoint), reason));
        } catch (MalformedException e) {
            denials.count(DenialCounter.Door.BUS, Optional.empty(), DenialReason.SIGNATURE_MALFORMED);
        } catch (StoreException e) {
            log.debug("a login was not looked up: {}", e.getMessage());
        } catch (RuntimeException e) {
            log.warn("a login was not looked at, and is not counted", e);
        }
    }

    private Optional<DenialReason> denialOf(Endpoint endpoint, @Nullable String nonce, @Nullable String signature) {
        if (nonce == null || signature == null || !isSigned(endpoint, nonce, signature)) {
            return Optional.of(DenialReason.SIGNATURE_WRONG);
        }
        Optional<User> user = control.get().findUser(endpoint);
        if (user.isEmpty()) {
            return Optional.of(DenialReason.USER_UNKNOWN);
        }
        return user.get().isActive() ? Optional.empty() : Optional.of(DenialReason.USER_REVOKED);
    }

    /** Clients send the signature in either alphabet of base64, with padding or without. */
    static boolean isSigned(Endpoint endpoint, String nonce, String signature) {
        byte[] bytes;
        try {
            bytes = Base64.getDecoder()
                    .decode(signature.replace('-', '+').replace('_', '/').replace("=", ""));
        } catch (IllegalArgumentException e) {
            return false;
        }
        byte[] message = nonce.getBytes(StandardCharsets.US_ASCII);
        return bytes.length == Ed25519.SIGNATURE_SIZE
                && Ed25519.verify(bytes, 0, endpoint.publicKey(), 0, message, 0, message.length);
    }

    @Override
    public void close() {
        thread.shutdownNow();
        try {
            if (!thread.awaitTermination(CLOSE_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
                log.debug("the look at a login did not end in time");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
