package io.unibus.node.bus;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.security.SecureRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class KeyLoginTest {
    @SuppressWarnings("NullAway.Init")
    private KeyLogin login;

    @BeforeEach
    void makeTheKey(@TempDir Path directory) {
        ClusterKey key = ClusterKey.loadOrCreate(directory.resolve("cluster.key"), new SecureRandom());
        login = new KeyLogin(BusKeys.user(key, Bus.CONTROL));
    }

    @Test
    void theNonceOfAServerIsSigned() {
        assertThat(login.sign("sK7D_cMbIxw-9Ww".getBytes(US_ASCII))).hasSize(64);
    }

    /** A server that wants a signature for something else: a request over HTTP, a link of a chain, a JWT. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "\"@method\": POST\n\"@authority\": bus.example",
                "unibus room link v1\u0000",
                "eyJ0eXAi.eyJqdGki",
                "abc def",
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
            })
    void nothingElseIsSigned(String nonce) {
        assertThatThrownBy(() -> login.sign(nonce.getBytes(US_ASCII)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("nothing was signed");
    }
}
