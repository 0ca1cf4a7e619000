package io.unibus.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class EndpointTest {
    private static final byte[] KEY = key(7);
    private static final Endpoint ENDPOINT = Endpoint.ofPublicKey(KEY);

    @Test
    void textFormHasFiftySixCharactersAndBeginsWithU() {
        assertThat(ENDPOINT.nkey()).hasSize(56).startsWith("U").isUpperCase();
        assertThat(ENDPOINT).hasToString(ENDPOINT.nkey());
    }

    @Test
    void publicKeyIsWhatWentIn() {
        assertThat(ENDPOINT.publicKey()).isEqualTo(KEY);
    }

    @Test
    void caseAndSpaceAroundDoNotMatter() {
        String lower = ENDPOINT.nkey().toLowerCase(Locale.ROOT);
        assertThat(Endpoint.parse(lower)).isEqualTo(ENDPOINT);
        assertThat(Endpoint.parse("U" + lower.substring(1))).isEqualTo(ENDPOINT);
        assertThat(Endpoint.parse(" " + ENDPOINT.nkey() + "\n")).isEqualTo(ENDPOINT);
    }

    @Test
    void constructorTakesOnlyTheCanonicalText() {
        assertThatThrownBy(() -> new Endpoint(ENDPOINT.nkey().toLowerCase(Locale.ROOT)))
                .isInstanceOf(MalformedException.class);
    }

    @Test
    void lettersWhoseUpperCaseIsAsciiAreNotThoseLetters() {
        // U+017F and U+0131 become S and I in upper case.
        String text = NKeyText.encodePublicKey(NKeyText.Kind.USER, keyWhoseTextContains('S'));
        assertThatThrownBy(() -> Endpoint.parse(text.replace('S', '\u017f'))).isInstanceOf(MalformedException.class);
    }

    @Test
    void everyMistypedCharacterIsNoticed() {
        String text = ENDPOINT.nkey();
        for (int i = 0; i < text.length(); i++) {
            String mistyped = text.substring(0, i) + (text.charAt(i) == 'A' ? 'B' : 'A') + text.substring(i + 1);
            assertThatThrownBy(() -> Endpoint.parse(mistyped))
                    .isInstanceOfSatisfying(
                            MalformedException.class, e -> assertThat(e.what()).isEqualTo("endpoint"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "U", "UA", "hello", "U=======", "1", "U\0"})
    void otherTextIsMalformed(String text) {
        assertThatThrownBy(() -> Endpoint.parse(text)).isInstanceOf(MalformedException.class);
    }

    @Test
    void keysOfOtherKindsAreMalformed() {
        String account = NKeyText.encodePublicKey(NKeyText.Kind.ACCOUNT, KEY);
        assertThatThrownBy(() -> Endpoint.parse(account))
                .isInstanceOf(MalformedException.class)
                .hasMessageContaining("beginning with U");
    }

    @Test
    void seedIsRecognisedAndNotRepeated() {
        String seed = new String(NKeyText.encodeSeed(NKeyText.Kind.USER, KEY));
        assertThatThrownBy(() -> Endpoint.parse(seed))
                .isInstanceOf(MalformedException.class)
                .hasMessageContaining("private seed")
                .hasMessageNotContaining(seed.substring(10, 30));
    }

    @Test
    void orderIsThatOfTheText() {
        assertThat(ENDPOINT.compareTo(Endpoint.ofPublicKey(key(8)))).isNegative();
        assertThat(ENDPOINT.compareTo(Endpoint.ofPublicKey(key(7)))).isZero();
    }

    private static byte[] key(int value) {
        byte[] key = new byte[32];
        Arrays.fill(key, (byte) value);
        return key;
    }

    private static byte[] keyWhoseTextContains(char letter) {
        for (int value = 0; value < 256; value++) {
            String text = NKeyText.encodePublicKey(NKeyText.Kind.USER, key(value));
            if (text.indexOf(letter) > 0) {
                return key(value);
            }
        }
        throw new AssertionError("no key with " + letter);
    }
}
