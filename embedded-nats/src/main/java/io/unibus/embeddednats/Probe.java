package io.unibus.embeddednats;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/**
 * The readiness check: one connection that speaks the NATS client protocol, makes sure of who answers, logs in, and
 * queries. Every wait is bounded by the limit of the whole. Stateless.
 */
final class Probe {
    private static final int LONGEST_LINE = 1 << 20;
    private static final Pattern ERROR_MEMBER = Pattern.compile("\"error\"\\s*:\\s*\\{");
    private static final String INBOX = "_INBOX.unibus-readiness";

    private final ProbeLogin login;
    private final Optional<SSLContext> tls;
    private final boolean queryJetStream;
    private final long limitMillis;
    private final LongSupplier nanoTime;

    /**
     * @param tls what is trusted, where the server wants TLS
     * @param queryJetStream whether JetStream must answer a query of the account that the login leads to
     */
    Probe(ProbeLogin login, Optional<SSLContext> tls, boolean queryJetStream, long limitMillis, LongSupplier nanoTime) {
        this.login = login;
        this.tls = tls;
        this.queryJetStream = queryJetStream;
        this.limitMillis = limitMillis;
        this.nanoTime = nanoTime;
    }

    /** What came of it. */
    enum Outcome {
        READY,
        NOT_YET,
        LOGIN_REFUSED,
        FOREIGN
    }

    /** What came of it, and in words why it is not ready. */
    record Result(Outcome outcome, String problem) {}

    /** Asks the server at that address, which must have this name and this identity. */
    Result check(HostPort address, String serverName, String serverId) {
        long deadline = nanoTime.getAsLong() + limitMillis * 1_000_000;
        try (Socket socket = new Socket()) {
            socket.setTcpNoDelay(true);
            socket.connect(new InetSocketAddress(address.host(), address.port()), millisUntil(deadline));
            return new Conversation(socket, deadline).run(address, serverName, serverId);
        } catch (SocketTimeoutException e) {
            return new Result(Outcome.NOT_YET, "no answer from " + address + " within " + limitMillis + " ms");
        } catch (IOException e) {
            return new Result(Outcome.NOT_YET, "no answer from " + address + ": " + e.getMessage());
        }
    }

    private int millisUntil(long deadline) throws SocketTimeoutException {
        long left = (deadline - nanoTime.getAsLong()) / 1_000_000;
        if (left < 1) {
            throw new SocketTimeoutException();
        }
        return (int) left;
    }

    private final class Conversation {
        private final long deadline;
        private Socket socket;
        private InputStream in;

        Conversation(Socket socket, long deadline) throws IOException {
            this.socket = socket;
            this.in = new BufferedInputStream(socket.getInputStream());
            this.deadline = deadline;
        }

        Result run(HostPort address, String serverName, String serverId) throws IOException {
            String info = line();
            if (!info.startsWith("INFO ")
                    || !Texts.jsonString(info, "server_name").equals(Optional.of(serverName))
                    || !Texts.jsonString(info, "server_id").equals(Optional.of(serverId))) {
                return new Result(Outcome.FOREIGN, "another server answers on " + address);
            }
            if (tls.isPresent()) {
                secure(tls.get(), address);
            }
            send("CONNECT " + connectMessage(Texts.jsonString(info, "nonce").orElse("")) + "\r\nPING\r\n");
            String answer = lineOf("PONG");
            if (answer.startsWith("-ERR")) {
                boolean refused = answer.contains("Authorization") || answer.contains("Authentication");
                return new Result(
                        refused ? Outcome.LOGIN_REFUSED : Outcome.NOT_YET, "the readiness check got " + answer);
            }
            return queryJetStream ? jetStream() : new Result(Outcome.READY, "");
        }

        /** The server has greeted in plain and waits for the handshake, so that nothing of it has been read yet. */
        private void secure(SSLContext context, HostPort address) throws IOException {
            socket.setSoTimeout(millisUntil(deadline));
            SSLSocket secured =
                    (SSLSocket) context.getSocketFactory().createSocket(socket, address.host(), address.port(), true);
            secured.startHandshake();
            socket = secured;
            in = new BufferedInputStream(secured.getInputStream());
        }

        private String connectMessage(String nonce) {
            Map<String, String> fields = new TreeMap<>(login.connectFields(nonce));
            fields.put("lang", "java");
            fields.put("version", "1");
            fields.put("name", "readiness check");
            return fields.entrySet().stream()
                    .map(field -> Texts.quoted(field.getKey()) + ":" + Texts.quoted(field.getValue()))
                    .collect(Collectors.joining(
                            ",",
                            "{\"verbose\":false,\"pedantic\":false,\"protocol\":1,"
                                    + "\"headers\":true,\"no_responders\":true,",
                            "}"));
        }

        private Result jetStream() throws IOException {
            send("SUB " + INBOX + " 1\r\nPUB $JS.API.INFO " + INBOX + " 0\r\n\r\n");
            String answer = lineOf("MSG ", "HMSG ");
            if (!answer.startsWith("MSG ")) {
                return new Result(Outcome.NOT_YET, "JetStream does not answer: " + answer);
            }
            int size = Integer.parseInt(answer.substring(answer.lastIndexOf(' ') + 1));
            socket.setSoTimeout(millisUntil(deadline));
            String body = new String(in.readNBytes(Math.min(size, LONGEST_LINE)), StandardCharsets.UTF_8);
            return ERROR_MEMBER.matcher(body).find()
                    ? new Result(Outcome.NOT_YET, "JetStream answers with an error: " + body)
                    : new Result(Outcome.READY, "");
        }

        /** The next line that begins so, or that is an error; the server's pings are answered, the rest passed over. */
        private String lineOf(String... beginnings) throws IOException {
            while (true) {
                String line = line();
                if (line.startsWith("-ERR")) {
                    return line;
                }
                for (String beginning : beginnings) {
                    if (line.startsWith(beginning)) {
                        return line;
                    }
                }
                if (line.equals("PING")) {
                    send("PONG\r\n");
                }
            }
        }

        private String line() throws IOException {
            java.io.ByteArrayOutputStream line = new java.io.ByteArrayOutputStream(512);
            while (line.size() < LONGEST_LINE) {
                socket.setSoTimeout(millisUntil(deadline));
                int next = in.read();
                if (next < 0) {
                    throw new EOFException("the connection was closed");
                }
                if (next == '\n') {
                    return line.toString(StandardCharsets.UTF_8).strip();
                }
                line.write(next);
            }
            throw new IOException("a line of more than " + LONGEST_LINE + " bytes");
        }

        private void send(String text) throws IOException {
            socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
        }
    }
}
