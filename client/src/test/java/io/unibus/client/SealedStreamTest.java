package io.unibus.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SealedStreamTest {
    private static final int CHUNK = 64 * 1024;
    private static final int SEALED_CHUNK = CHUNK + 16;
    private static final int HEADER = SealedStream.MAGIC.length() + 32;

    private final Identity alice = Identity.generate(new SecureRandom());

    @ParameterizedTest
    @ValueSource(ints = {0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 5})
    void opensToWhatWasSealed(int length) throws IOException {
        byte[] content = content(length);
        byte[] sealed = seal(content);
        assertThat(new String(sealed, StandardCharsets.ISO_8859_1)).startsWith(SealedStream.MAGIC);
        assertThat(open(sealed, alice)).isEqualTo(content);
        assertThat(sealed).hasSize(HEADER + length + 16 * Math.max(1, (length + CHUNK - 1) / CHUNK));
    }

    @Test
    void onlyTheRecipientOpensIt() throws IOException {
        byte[] sealed = seal(content(10));
        assertThatThrownBy(() -> open(sealed, Identity.generate(new SecureRandom())))
                .isInstanceOf(SealingException.class)
                .hasMessageContaining("sealed to another identity");
    }

    @Test
    void noTruncationOpens() throws IOException {
        byte[] sealed = seal(content(2 * CHUNK + 100));
        for (int end : new int[] {
            0, 5, HEADER - 1, HEADER, HEADER + 1, HEADER + SEALED_CHUNK, HEADER + 2 * SEALED_CHUNK, sealed.length - 1
        }) {
            assertThatThrownBy(() -> open(Arrays.copyOf(sealed, end), alice))
                    .as("%s", end)
                    .isInstanceOf(SealingException.class);
        }
    }

    @Test
    void noOtherOrderOpens() throws IOException {
        byte[] sealed = seal(content(3 * CHUNK));
        byte[] swapped = sealed.clone();
        System.arraycopy(sealed, HEADER, swapped, HEADER + SEALED_CHUNK, SEALED_CHUNK);
        System.arraycopy(sealed, HEADER + SEALED_CHUNK, swapped, HEADER, SEALED_CHUNK);
        assertThatThrownBy(() -> open(swapped, alice)).isInstanceOf(SealingException.class);
        assertThatThrownBy(() -> open(Arrays.copyOf(sealed, sealed.length + 1), alice))
                .isInstanceOf(SealingException.class);
    }

    @Test
    void noChangedByteOpens() throws IOException {
        byte[] sealed = seal(content(200));
        for (int i = 0; i < sealed.length; i++) {
            byte[] changed = sealed.clone();
            changed[i] ^= 1;
            assertThatThrownBy(() -> open(changed, alice)).as("%s", i).isInstanceOf(SealingException.class);
        }
    }

    private byte[] seal(byte[] content) throws IOException {
        ByteArrayOutputStream sealed = new ByteArrayOutputStream();
        try (OutputStream out = SealedStream.seal(sealed, alice.endpoint())) {
            int half = content.length / 2;
            out.write(content, 0, half);
            out.write(content, half, content.length - half);
        }
        return sealed.toByteArray();
    }

    private static byte[] open(byte[] sealed, Identity recipient) throws IOException {
        return SealedStream.open(new ByteArrayInputStream(sealed), recipient).readAllBytes();
    }

    private static byte[] content(int length) {
        byte[] content = new byte[length];
        new Random(length).nextBytes(content);
        return content;
    }
}
