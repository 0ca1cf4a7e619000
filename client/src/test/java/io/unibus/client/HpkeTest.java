package io.unibus.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.HexFormat;
import org.bouncycastle.crypto.AsymmetricCipherKeyPair;
import org.bouncycastle.crypto.InvalidCipherTextException;
import org.bouncycastle.crypto.hpke.HPKE;
import org.bouncycastle.crypto.hpke.HPKEContextWithEncapsulation;
import org.junit.jupiter.api.Test;

/** The vector is RFC 9180, appendix A.2.1, sequence number 0. */
final class HpkeTest {
    private static final byte[] INFO = hex("4f6465206f6e2061204772656369616e2055726e");
    private static final byte[] EPHEMERAL_PRIVATE =
            hex("f4ec9b33b792c372c1d2c2063507b684ef925b8c75a42dbcbf57d63ccd381600");
    private static final byte[] ENCAPSULATED = hex("1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a");
    private static final byte[] PRIVATE = hex("8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb");
    private static final byte[] PUBLIC = hex("4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a");
    private static final byte[] PLAINTEXT = hex("4265617574792069732074727574682c20747275746820626561757479");
    private static final byte[] ASSOCIATED = hex("436f756e742d30");
    private static final byte[] CIPHERTEXT =
            hex("1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db" + "21993c62ce81883d2dd1b51a28");

    @Test
    void theSuiteSealsAsTheRfcDoes() throws InvalidCipherTextException {
        HPKE hpke = Hpke.suite();
        AsymmetricCipherKeyPair ephemeral = hpke.deserializePrivateKey(EPHEMERAL_PRIVATE, ENCAPSULATED);

        HPKEContextWithEncapsulation sender = hpke.setupBaseS(hpke.deserializePublicKey(PUBLIC), INFO, ephemeral);

        assertThat(sender.getEncapsulation()).isEqualTo(ENCAPSULATED);
        assertThat(sender.seal(ASSOCIATED, PLAINTEXT)).isEqualTo(CIPHERTEXT);
    }

    @Test
    void theSuiteOpensWhatTheRfcSealed() throws InvalidCipherTextException {
        HPKE hpke = Hpke.suite();

        byte[] opened = hpke.setupBaseR(ENCAPSULATED, hpke.deserializePrivateKey(PRIVATE, PUBLIC), INFO)
                .open(ASSOCIATED, CIPHERTEXT);

        assertThat(opened).isEqualTo(PLAINTEXT);
    }

    @Test
    void whatIsSealedOpens() throws InvalidCipherTextException {
        Hpke.Sealed sealed = Hpke.seal(PUBLIC, INFO, PLAINTEXT);

        assertThat(Hpke.open(PRIVATE, PUBLIC, INFO, sealed)).isEqualTo(PLAINTEXT);
    }

    @Test
    void anEncapsulatedKeyOfLowOrderIsRefused() {
        Hpke.Sealed hostile = new Hpke.Sealed(new byte[32], CIPHERTEXT);

        assertThatExceptionOfType(InvalidCipherTextException.class)
                .isThrownBy(() -> Hpke.open(PRIVATE, PUBLIC, INFO, hostile));
    }

    private static byte[] hex(String text) {
        return HexFormat.of().parseHex(text);
    }
}
