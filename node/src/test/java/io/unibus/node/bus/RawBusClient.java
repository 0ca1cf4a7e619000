package io.unibus.node.bus;

import io.unibus.client.Identity;
import io.unibus.protocol.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * A client that speaks the NATS protocol itself, line by line, and so knows what the server says to each line, in order.
 * Without credentials when it has no identity.
 */
final class RawBusClient implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(40);

    private final Socket socket;
    private final BufferedReader in;
    private final OutputStream out;
    private final String nonce;

    private RawBusClient(String bus) throws IOException {
        URI address = URI.create(bus);
        socket = new Socket(address.getHost(), address.getPort());
        socket.setSoTimeout((int) LIMIT.toMillis());
        in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
        out = socket.getOutputStream();
        nonce = JsonObject.parse(in.readLine().substring("INFO ".length()).getBytes(StandardCharsets.UTF_8))
                .requiredString("nonce");
    }

    /** Connects, and sends a login without waiting for the answer. */
    static RawBusClient begin(String bus, Identity identity) throws IOException {
        RawBusClient client = new RawBusClient(bus);
        String signature = Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(identity.sign(client.nonce.getBytes(StandardCharsets.US_ASCII)));
        client.send("CONNECT {\"verbose\":false,\"nkey\":\""
                + identity.endpoint().nkey() + "\",\"sig\":\"" + signature + "\"}");
        client.send("PING");
        return client;
    }

    /** Logs in, and returns when it is let in. */
    static RawBusClient connect(String bus, Identity identity) throws IOException {
        RawBusClient client = begin(bus, identity);
        List<String> said = client.untilPong();
        if (!said.isEmpty()) {
            throw new IOException("not let in: " + said);
        }
        return client;
    }

    /** Returns what the server answers to a line, beside messages: nothing, or errors. */
    List<String> say(String line) throws IOException {
        send(line);
        send("PING");
        return untilPong();
    }

    private void send(String line) throws IOException {
        out.write((line + "\r\n").getBytes(StandardCharsets.UTF_8));
        out.flush();
    }

    /** Returns what comes before the answer to the last PING, but messages and the server's own questions. */
    List<String> untilPong() throws IOException {
        List<String> said = new ArrayList<>();
        String line = in.readLine();
        while (line != null && !line.equals("PONG")) {
            if (line.equals("PING")) {
                send("PONG");
            } else if (line.startsWith("-ERR")) {
                said.add(line);
            }
            line = in.readLine();
        }
        if (line == null) {
            said.add("closed");
        }
        return said;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
