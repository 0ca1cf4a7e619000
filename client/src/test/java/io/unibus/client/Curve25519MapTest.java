package io.unibus.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.math.BigInteger;
import java.util.HexFormat;
import org.bouncycastle.math.ec.rfc7748.X25519;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class Curve25519MapTest {
    private static final BigInteger P = BigInteger.TWO.pow(255).subtract(BigInteger.valueOf(19));

    @Test
    void theBasePointsMapToEachOther() {
        assertThat(map("5866666666666666666666666666666666666666666666666666666666666666"))
                .isEqualTo("0900000000000000000000000000000000000000000000000000000000000000");
    }

    /** The pair of libsodium's test of crypto_sign_ed25519_pk_to_curve25519. */
    @Test
    void aPairOfAnotherImplementationIsMapped() {
        assertThat(map("b5076a8474a832daee4dd5b4040983b6623b5f344aca57d4d6ee4baf3f259e6e"))
                .isEqualTo("f1814f0e8ff1043d8a44d25babff3cedcae6c22c3edaa48f857ae70de2baae50");
    }

    @Test
    void publicAndPrivateSideAgreeForManyKeys() {
        SeededRandom random = SeededRandom.fresh();
        for (int i = 0; i < 300; i++) {
            Identity identity = Identity.generate(random);
            byte[] fromPrivate = new byte[X25519.POINT_SIZE];
            X25519.scalarMultBase(identity.x25519PrivateKey(), 0, fromPrivate, 0);

            assertThat(Curve25519Map.toX25519(identity.endpoint().publicKey())).isEqualTo(fromPrivate);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0100000000000000000000000000000000000000000000000000000000000000", // neutral
                "0100000000000000000000000000000000000000000000000000000000000080", // neutral, sign of x set
                "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // order 2
                "0000000000000000000000000000000000000000000000000000000000000000", // order 4
                "0000000000000000000000000000000000000000000000000000000000000080", // order 4
                "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", // order 8
                "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85", // order 8
                "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", // order 8
                "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa", // order 8
                "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // y = p, not canonical
                "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // y = p + 1, not canonical
                "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", // not canonical
                "0200000000000000000000000000000000000000000000000000000000000000", // not on the curve
                "00"
            })
    void whatNoHonestKeyIsIsRefused(String key) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> map(key))
                .withMessageContaining("not a valid Ed25519 public key");
    }

    /** The sum of an honest key and the point of order 2, which is (-x, -y). */
    @Test
    void aPointOfMixedOrderIsRefused() {
        byte[] honest = Identity.generate(SeededRandom.fresh()).endpoint().publicKey();
        boolean signOfX = (honest[31] & 0x80) != 0;
        honest[31] &= 0x7f;
        byte[] mixed = littleEndian(P.subtract(new BigInteger(1, reversed(honest))));
        mixed[31] |= (byte) (signOfX ? 0 : 0x80);

        assertThatIllegalArgumentException().isThrownBy(() -> Curve25519Map.toX25519(mixed));
    }

    private static String map(String hex) {
        return HexFormat.of().formatHex(Curve25519Map.toX25519(HexFormat.of().parseHex(hex)));
    }

    private static byte[] littleEndian(BigInteger value) {
        byte[] bytes = new byte[32];
        byte[] reversed = reversed(value.toByteArray());
        System.arraycopy(reversed, 0, bytes, 0, Math.min(32, reversed.length));
        return bytes;
    }

    private static byte[] reversed(byte[] bytes) {
        byte[] reversed = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            reversed[i] = bytes[bytes.length - 1 - i];
        }
        return reversed;
    }
}
