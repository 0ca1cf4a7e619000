package io.unibus.cluster;

import io.unibus.client.Identity;
import io.unibus.protocol.JsonObject;
import java.io.IOException;
import java.net.Socket;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Connections to the bus in the plain words of the NATS protocol. */
final class NatsSocket {
    private static final Duration LIMIT = Duration.ofSeconds(40);

    private NatsSocket() {}

    /** Connects, and says nothing yet. The socket has a channel. */
    static Socket connect(String bus) throws IOException {
        Socket socket = SocketChannel.open(Peer.addressOf(bus)).socket();
        socket.setSoTimeout((int) LIMIT.toMillis());
        return socket;
    }

    /** Sends a login, and does not wait for the answer. */
    static void logIn(Socket socket, Identity identity) throws IOException {
        logIn(socket, nonce -> proof(identity, nonce));
    }

    /** Sends a login of any kind, and does not wait for the answer. */
    static void logIn(Socket socket, UnaryOperator<String> fieldsOfNonce) throws IOException {
        String info = String.valueOf(readLine(socket)).substring("INFO ".length());
        String nonce = JsonObject.parse(info.getBytes(StandardCharsets.UTF_8)).requiredString("nonce");
        String fields = fieldsOfNonce.apply(nonce);
        socket.getOutputStream()
                .write(("CONNECT {\"verbose\":false" + (fields.isEmpty() ? "" : ",") + fields + "}\r\nPING\r\n")
                        .getBytes(StandardCharsets.UTF_8));
    }

    /** Returns the fields by which an identity logs in. */
    static String proof(Identity identity, String nonce) {
        String signature = Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(identity.sign(nonce.getBytes(StandardCharsets.US_ASCII)));
        return "\"nkey\":\"" + identity.endpoint().nkey() + "\",\"sig\":\"" + signature + "\"";
    }

    /** Returns what the server says until it answers a PING, or closes the connection. */
    static String untilPong(Socket socket) throws IOException {
        StringBuilder said = new StringBuilder();
        String line = readLine(socket);
        while (line != null && !line.equals("PONG")) {
            said.append(line).append('\n');
            line = readLine(socket);
        }
        return said.toString();
    }

    /** Returns what the server says next; nothing at the end. */
    private static @Nullable String readLine(Socket socket) throws IOException {
        StringBuilder line = new StringBuilder();
        int next = socket.getInputStream().read();
        while (next >= 0 && next != '\n') {
            line.append((char) next);
            next = socket.getInputStream().read();
        }
        return next < 0 ? null : line.toString().strip();
    }
}
