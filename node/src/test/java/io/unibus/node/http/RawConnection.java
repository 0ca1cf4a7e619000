package io.unibus.node.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;

/** A connection on which a test says exactly what is sent and when. Reads give up after ten seconds. */
final class RawConnection implements AutoCloseable {
    private static final int READ_LIMIT_MILLIS = (int) Duration.ofSeconds(10).toMillis();

    private final Socket socket;

    private RawConnection(Socket socket) {
        this.socket = socket;
    }

    static RawConnection to(String url) throws IOException {
        URI uri = URI.create(url);
        Socket socket = new Socket();
        socket.connect(new InetSocketAddress(uri.getHost(), uri.getPort()), READ_LIMIT_MILLIS);
        socket.setSoTimeout(READ_LIMIT_MILLIS);
        socket.setTcpNoDelay(true);
        return new RawConnection(socket);
    }

    /** @param head the status line and header fields, each with its CRLF */
    record Response(int status, String head, String body) {}

    /** Sends lines, each with CRLF. */
    RawConnection sendLines(String... lines) throws IOException {
        return send(String.join("\r\n", lines) + "\r\n");
    }

    RawConnection send(String text) throws IOException {
        return send(text.getBytes(StandardCharsets.UTF_8));
    }

    RawConnection send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        socket.getOutputStream().flush();
        return this;
    }

    /** The next response, whose body is as long as its {@code Content-Length}. */
    Response read() throws IOException {
        return read(true);
    }

    /** As {@link #read}, for the answer to a HEAD. */
    Response readHead() throws IOException {
        return read(false);
    }

    /** Whether the server closes the connection without saying more. */
    boolean isClosedByServer() throws IOException {
        return socket.getInputStream().read() == -1;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    private Response read(boolean withBody) throws IOException {
        InputStream in = socket.getInputStream();
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = in.read();
            if (next < 0) {
                throw new IOException("the connection ended after \"" + head + "\"");
            }
            head.append((char) next);
        }
        int length = withBody ? contentLength(head.toString()) : 0;
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        body.write(in.readNBytes(length));
        return new Response(
                Integer.parseInt(head.substring(9, 12)), head.toString(), body.toString(StandardCharsets.UTF_8));
    }

    private static int contentLength(String head) {
        return head.lines()
                .filter(line -> line.toLowerCase(Locale.ROOT).startsWith("content-length:"))
                .mapToInt(line -> Integer.parseInt(line.substring(15).strip()))
                .findFirst()
                .orElse(0);
    }
}
