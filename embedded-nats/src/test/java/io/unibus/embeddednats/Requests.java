package io.unibus.embeddednats;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Sends requests to a server as the user {@code app}; a client library is no dependency of this one. */
final class Requests {
    private static final int LIMIT_MILLIS = 1000;

    private Requests() {}

    /** The answer, its status where it has no payload; empty after a second without one. */
    static Optional<String> send(NatsServer server, String subject, String payload) throws IOException {
        HostPort address = server.clientAddress();
        try (Socket socket = new Socket(address.host(), address.port())) {
            socket.setSoTimeout(LIMIT_MILLIS);
            String words =
                    "CONNECT {\"verbose\":false,\"headers\":true,\"no_responders\":true,\"user\":\"app\",\"pass\":"
                            + Texts.quoted(Scenario.PASSWORD.reveal()) + "}\r\nSUB answer 1\r\nPUB " + subject
                            + " answer "
                            + payload.length() + "\r\n" + payload + "\r\n";
            socket.getOutputStream().write(words.getBytes(StandardCharsets.US_ASCII));
            BufferedReader in =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            return answer(in);
        } catch (SocketTimeoutException e) {
            return Optional.empty();
        }
    }

    private static Optional<String> answer(BufferedReader in) throws IOException {
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            if (line.startsWith("MSG ") || line.startsWith("HMSG ")) {
                return Optional.ofNullable(in.readLine());
            }
        }
        return Optional.empty();
    }

    /** Creates a stream of one replica that takes every subject below its name. */
    static String createStream(NatsServer server, String name) throws IOException {
        return send(
                        server,
                        "$JS.API.STREAM.CREATE." + name,
                        "{\"name\":\"" + name + "\",\"subjects\":[\"" + name + ".>\"],\"storage\":\"file\"}")
                .orElse("no answer");
    }
}
