package io.unibus.embeddednats;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.embeddednats.Probe.Outcome;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What the readiness check makes of those who are not the server it asks for. */
class ProbeIT {
    private static final long LIMIT_MILLIS = 300;
    private static final String INFO = "INFO {\"server_id\":\"NME\",\"server_name\":\"me\",\"nonce\":\"n\"} \r\n";

    @Test
    void aServerOfAnotherNameIsForeign() throws Exception {
        assertThat(ask("INFO {\"server_id\":\"NME\",\"server_name\":\"other\"}\r\n"))
                .isEqualTo(Outcome.FOREIGN);
    }

    @Test
    void aServerOfTheSameNameWithAnotherIdentityIsForeign() throws Exception {
        assertThat(ask("INFO {\"server_id\":\"NOTHER\",\"server_name\":\"me\"}\r\n"))
                .isEqualTo(Outcome.FOREIGN);
    }

    @Test
    void aServerOfAnotherProtocolIsForeign() throws Exception {
        assertThat(ask("HTTP/1.1 400 Bad Request\r\n\r\n")).isEqualTo(Outcome.FOREIGN);
    }

    @Test
    void silenceIsBounded() throws Exception {
        long start = System.nanoTime();
        assertThat(ask("")).isEqualTo(Outcome.NOT_YET);
        assertThat(System.nanoTime() - start).isLessThan(5_000_000_000L);
    }

    @Test
    void anOpenPortThatDoesNotAnswerIsNotReady() throws Exception {
        assertThat(ask(INFO)).isEqualTo(Outcome.NOT_YET);
    }

    @Test
    void aRefusedLoginIsToldApart() throws Exception {
        assertThat(ask(INFO + "-ERR 'Authorization Violation'\r\n")).isEqualTo(Outcome.LOGIN_REFUSED);
    }

    @Test
    void jetStreamMustAnswerWithoutAnError() throws Exception {
        String error = "{\"error\":{\"code\":503}}";
        assertThat(ask(INFO + "PONG\r\nMSG _INBOX.x 1 " + error.length() + "\r\n" + error + "\r\n"))
                .isEqualTo(Outcome.NOT_YET);
        assertThat(ask(INFO + "PONG\r\nHMSG _INBOX.x 1 16 16\r\nNATS/1.0 503\r\n\r\n\r\n"))
                .isEqualTo(Outcome.NOT_YET);
        assertThat(ask(INFO + "PING\r\nPONG\r\nMSG _INBOX.x 1 12\r\n{\"errors\":0}\r\n"))
                .isEqualTo(Outcome.READY);
    }

    /** Asks someone who says this and then keeps the connection open, in silence. */
    private static Outcome ask(String says) throws IOException, InterruptedException {
        try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Thread answerer = new Thread(() -> answer(listener, says), "answerer");
            answerer.start();
            HostPort address = new HostPort("127.0.0.1", listener.getLocalPort());
            Probe probe = new Probe(ProbeLogin.none(), Optional.empty(), true, LIMIT_MILLIS, System::nanoTime);
            Outcome outcome = probe.check(address, "me", "NME").outcome();
            answerer.join();
            return outcome;
        }
    }

    private static void answer(ServerSocket listener, String says) {
        try (Socket socket = listener.accept()) {
            socket.getOutputStream().write(says.getBytes(StandardCharsets.US_ASCII));
            long read = socket.getInputStream().transferTo(java.io.OutputStream.nullOutputStream());
            assertThat(read).isNotNegative();
        } catch (IOException closedByTheAsker) {
            assertThat(closedByTheAsker).isNotNull();
        }
    }
}
