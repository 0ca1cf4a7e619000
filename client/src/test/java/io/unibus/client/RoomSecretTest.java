package io.unibus.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.SealedKey;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

final class RoomSecretTest {
    private static final RoomId ROOM = new RoomId("build-room");
    private static final Epoch EPOCH = new Epoch(7);

    private final SeededRandom random = SeededRandom.fresh();
    private final Identity author = Identity.generate(random);
    private final Identity recipient = Identity.generate(random);
    private final RoomSecret secret = RoomSecret.generate(random);
    private final SealedKey sealed = secret.seal(ROOM, EPOCH, author.endpoint(), recipient.endpoint());

    @Test
    void theRecipientOpensIt() {
        assertThat(RoomSecret.open(sealed, ROOM, EPOCH, recipient).bytes())
                .hasSize(32)
                .isEqualTo(secret.bytes());
    }

    @Test
    void theEnvelopeIsAsDocumented() {
        byte[] bytes = sealed.bytes();

        assertThat(bytes).hasSize(113).startsWith((byte) 1);
        assertThat(Arrays.copyOfRange(bytes, 1, 33)).isEqualTo(author.endpoint().publicKey());
    }

    @Test
    void theInfoIsAsDocumented() {
        byte[] info = new KeyBinding(ROOM, EPOCH, author.endpoint(), recipient.endpoint()).info();

        assertThat(HexFormat.of().formatHex(info))
                .isEqualTo("0012" + "756e6962757320726f6f6d206b6579207631"
                        + "000a" + "6275696c642d726f6f6d"
                        + "0008" + "0000000000000007"
                        + "0020" + HexFormat.of().formatHex(recipient.endpoint().publicKey())
                        + "0020" + HexFormat.of().formatHex(author.endpoint().publicKey()));
    }

    @Test
    void sealingTwiceGivesDifferentBytes() {
        assertThat(secret.seal(ROOM, EPOCH, author.endpoint(), recipient.endpoint()))
                .isNotEqualTo(sealed);
    }

    @Test
    void anotherRoomDoesNotOpenIt() {
        assertDoesNotOpen(sealed, new RoomId("build-roon"), EPOCH, recipient);
    }

    @Test
    void anotherEpochDoesNotOpenIt() {
        assertDoesNotOpen(sealed, ROOM, EPOCH.next(), recipient);
    }

    @Test
    void anotherRecipientDoesNotOpenIt() {
        assertDoesNotOpen(sealed, ROOM, EPOCH, author);
    }

    @Test
    void anotherAuthorDoesNotOpenIt() {
        byte[] bytes = sealed.bytes();
        byte[] other = Identity.generate(random).endpoint().publicKey();
        System.arraycopy(other, 0, bytes, 1, other.length);

        assertDoesNotOpen(SealedKey.of(bytes), ROOM, EPOCH, recipient);
    }

    @Test
    void noFlippedBitOpens() {
        for (int bit = 0; bit < sealed.bytes().length * 8; bit++) {
            byte[] bytes = sealed.bytes();
            bytes[bit / 8] ^= (byte) (1 << (bit % 8));
            assertDoesNotOpen(SealedKey.of(bytes), ROOM, EPOCH, recipient);
        }
    }

    @Test
    void noOtherLengthOpens() {
        for (int length = 1; length < 200; length++) {
            if (length != sealed.bytes().length) {
                assertDoesNotOpen(SealedKey.of(Arrays.copyOf(sealed.bytes(), length)), ROOM, EPOCH, recipient);
            }
        }
    }

    @Test
    void nothingIsSealedToAnEndpointWithoutAPrivateKey() {
        byte[] neutral = new byte[32];
        neutral[0] = 1;

        assertThatExceptionOfType(SealingException.class)
                .isThrownBy(() -> secret.seal(ROOM, EPOCH, author.endpoint(), Endpoint.ofPublicKey(neutral)))
                .withMessageContaining("not a valid Ed25519 public key");
    }

    @Test
    void theTextFormIsRedacted() {
        assertThat(secret).hasToString("RoomSecret[<redacted>]");
    }

    private static void assertDoesNotOpen(SealedKey key, RoomId room, Epoch epoch, Identity who) {
        assertThatExceptionOfType(SealingException.class).isThrownBy(() -> RoomSecret.open(key, room, epoch, who));
    }
}
