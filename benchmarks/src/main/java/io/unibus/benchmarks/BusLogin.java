package io.unibus.benchmarks;

import io.unibus.client.Identity;
import io.unibus.protocol.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** Logs in to a bus by the NATS protocol itself: as little client as there can be. */
final class BusLogin {
    private BusLogin() {}

    /** Connects, logs in, waits until the server answers a ping, and closes the connection. */
    static void logInAndOut(URI bus, Identity identity) throws IOException {
        try (Socket socket = new Socket(bus.getHost(), bus.getPort())) {
            socket.setTcpNoDelay(true);
            BufferedReader in =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            JsonObject info =
                    JsonObject.parse(in.readLine().substring("INFO ".length()).getBytes(StandardCharsets.UTF_8));
            byte[] nonce = info.requiredString("nonce").getBytes(StandardCharsets.US_ASCII);
            String signature = Base64.getUrlEncoder().withoutPadding().encodeToString(identity.sign(nonce));
            socket.getOutputStream()
                    .write(("CONNECT {\"verbose\":false,\"nkey\":\""
                                    + identity.endpoint().nkey() + "\",\"sig\":\"" + signature + "\"}\r\nPING\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            for (String line = in.readLine(); !"PONG".equals(line); line = in.readLine()) {
                if (line == null || line.startsWith("-ERR")) {
                    throw new IOException("the login was refused: " + line);
                }
            }
        }
    }
}
