package io.unibus.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nats.client.NKey;
import io.unibus.protocol.NKeyText.Kind;
import java.security.SecureRandom;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** The codec against that of jnats. */
final class NKeyTextTest {
    private static final int KEYS = 200;
    private static final byte[] KEY = new byte[32];

    @Test
    void seedsReadAsJnatsReadsThem() throws Exception {
        Random random = seeded();
        for (int i = 0; i < KEYS; i++) {
            byte[] seed = new byte[32];
            random.nextBytes(seed);
            char[] text = NKeyText.encodeSeed(Kind.USER, seed);
            NKey key = NKey.fromSeed(text);
            assertThat(key.getType()).isEqualTo(NKey.Type.USER);
            assertThat(key.getSeed()).isEqualTo(text);
            assertThat(NKeyText.decodeSeed(Kind.USER, new String(text))).isEqualTo(seed);
        }
    }

    @Test
    void seedsOfJnatsAreRead() throws Exception {
        for (int i = 0; i < KEYS; i++) {
            NKey user = NKey.createUser(new SecureRandom());
            byte[] seed = NKeyText.decodeSeed(Kind.USER, new String(user.getSeed()));
            assertThat(NKeyText.encodeSeed(Kind.USER, seed)).isEqualTo(user.getSeed());
            NKey account = NKey.createAccount(new SecureRandom());
            byte[] accountSeed = NKeyText.decodeSeed(Kind.ACCOUNT, new String(account.getSeed()));
            assertThat(NKeyText.encodeSeed(Kind.ACCOUNT, accountSeed)).isEqualTo(account.getSeed());
        }
    }

    @Test
    void publicKeysReadAsJnatsReadsThem() throws Exception {
        for (int i = 0; i < KEYS; i++) {
            String user = new String(NKey.createUser(new SecureRandom()).getPublicKey());
            byte[] key = NKeyText.decodePublicKey(Kind.USER, user);
            assertThat(NKeyText.encodePublicKey(Kind.USER, key)).isEqualTo(user);
            String account = new String(NKey.createAccount(new SecureRandom()).getPublicKey());
            byte[] accountKey = NKeyText.decodePublicKey(Kind.ACCOUNT, account);
            assertThat(NKeyText.encodePublicKey(Kind.ACCOUNT, accountKey)).isEqualTo(account);
        }
    }

    @Test
    void publicKeysAreAcceptedByJnats() {
        Random random = seeded();
        for (int i = 0; i < KEYS; i++) {
            byte[] key = new byte[32];
            random.nextBytes(key);
            assertThat(NKey.isValidPublicUserKey(
                            NKeyText.encodePublicKey(Kind.USER, key).toCharArray()))
                    .isTrue();
            assertThat(NKey.isValidPublicAccountKey(
                            NKeyText.encodePublicKey(Kind.ACCOUNT, key).toCharArray()))
                    .isTrue();
        }
    }

    @Test
    void everyMistypedCharacterOfASeedIsNoticed() {
        String text = new String(NKeyText.encodeSeed(Kind.USER, KEY));
        for (int i = 0; i < text.length(); i++) {
            for (char wrong : "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".toCharArray()) {
                if (wrong != text.charAt(i)) {
                    String mistyped = text.substring(0, i) + wrong + text.substring(i + 1);
                    assertThatThrownBy(() -> NKeyText.decodeSeed(Kind.USER, mistyped))
                            .isInstanceOf(IllegalArgumentException.class)
                            .hasMessageNotContaining(mistyped.substring(5, 20));
                }
            }
        }
    }

    @Test
    void kindsAreNotMixed() {
        String accountSeed = new String(NKeyText.encodeSeed(Kind.ACCOUNT, KEY));
        String accountKey = NKeyText.encodePublicKey(Kind.ACCOUNT, KEY);
        String userSeed = new String(NKeyText.encodeSeed(Kind.USER, KEY));
        assertThat(userSeed).hasSize(58).startsWith("SU");
        assertThat(accountSeed).hasSize(58).startsWith("SA");
        assertRefused(() -> NKeyText.decodeSeed(Kind.USER, accountSeed));
        assertRefused(() -> NKeyText.decodeSeed(Kind.ACCOUNT, userSeed));
        assertRefused(() -> NKeyText.decodePublicKey(Kind.USER, accountKey));
        assertRefused(() -> NKeyText.decodePublicKey(Kind.USER, userSeed));
        assertRefused(() -> NKeyText.decodeSeed(Kind.USER, accountKey));
    }

    @Test
    void lengthsAreExact() {
        String text = NKeyText.encodePublicKey(Kind.USER, KEY);
        assertThat(text).hasSize(NKeyText.PUBLIC_KEY_LENGTH);
        for (int length = 0; length < text.length(); length++) {
            String cut = text.substring(0, length);
            assertRefused(() -> NKeyText.decodePublicKey(Kind.USER, cut));
        }
        assertRefused(() -> NKeyText.decodePublicKey(Kind.USER, text + "A"));
        assertRefused(() -> NKeyText.decodePublicKey(Kind.USER, text + "AAAAAAAA"));
        assertRefused(() -> NKeyText.decodePublicKey(Kind.USER, text + "="));
        assertRefused(() -> NKeyText.encodePublicKey(Kind.USER, new byte[31]));
        assertRefused(() -> NKeyText.encodeSeed(Kind.USER, new byte[33]));
    }

    private static void assertRefused(ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class);
    }

    private static Random seeded() {
        long seed = System.nanoTime();
        System.out.println("NKeyTextTest: seed " + seed);
        return new Random(seed);
    }
}
