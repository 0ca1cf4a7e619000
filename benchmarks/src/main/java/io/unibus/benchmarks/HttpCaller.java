package io.unibus.benchmarks;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;

/** One HTTP/1.1 connection that is kept: as little client as there can be, because client and node share the machine. */
final class HttpCaller implements AutoCloseable {
    private static final String LENGTH = "content-length:";

    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;
    private final String headers;

    HttpCaller(URI url, String caller) throws IOException {
        socket = new Socket(url.getHost(), url.getPort());
        socket.setTcpNoDelay(true);
        in = new BufferedInputStream(socket.getInputStream());
        out = socket.getOutputStream();
        headers = " HTTP/1.1\r\nHost: " + url.getAuthority() + "\r\nUnibus-Endpoint: " + caller + "\r\n";
    }

    void get(String path) throws IOException {
        get(path, "");
    }

    /** Gets with more fields, each of which ends with a line break. */
    void get(String path, String fields) throws IOException {
        send("GET " + path + headers + fields + "\r\n");
        expect(200);
    }

    /** Posts what makes something new. */
    void post(String path, String json) throws IOException {
        post(path, json, 201);
    }

    /** Posts, and expects an answer with this status. */
    void post(String path, String json, int status) throws IOException {
        send("POST " + path + headers + "Content-Type: application/json\r\nContent-Length: " + json.length()
                + "\r\n\r\n" + json);
        expect(status);
    }

    private void send(String request) throws IOException {
        out.write(request.getBytes(StandardCharsets.US_ASCII));
        out.flush();
    }

    private void expect(int status) throws IOException {
        String first = line();
        int length = 0;
        for (String header = line(); !header.isEmpty(); header = line()) {
            if (header.regionMatches(true, 0, LENGTH, 0, LENGTH.length())) {
                length = Integer.parseInt(header.substring(LENGTH.length()).strip());
            }
        }
        String body = new String(in.readNBytes(length), StandardCharsets.UTF_8);
        if (!first.startsWith("HTTP/1.1 " + status)) {
            throw new IOException(first + " " + body);
        }
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                throw new EOFException("the connection was closed");
            }
            if (c != '\r') {
                line.append((char) c);
            }
        }
        return line.toString();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
