package io.unibus.client;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.NKeyText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;
import org.bouncycastle.math.ec.rfc8032.Ed25519;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class IdentityTest {
    /** RFC 8032, section 7.1, test 2. */
    private static final String SEED = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";

    private static final String PUBLIC_KEY = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
    private static final String SIGNATURE_OF_72 = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";

    @TempDir
    Path directory;

    @Test
    void aSeedGivesThePublicKeyAndSignatureOfTheRfc() throws IOException {
        Identity identity = Identity.load(fileWith(seedText() + "\n"));

        assertThat(identity.endpoint())
                .isEqualTo(Endpoint.ofPublicKey(HexFormat.of().parseHex(PUBLIC_KEY)));
        assertThat(HexFormat.of().formatHex(identity.sign(new byte[] {0x72}))).isEqualTo(SIGNATURE_OF_72);
    }

    @Test
    void aCreatedIdentityLoadsAsTheSame() throws IOException {
        Path file = directory.resolve("bot.key");

        Identity created = Identity.create(file);

        assertThat(Identity.load(file).endpoint()).isEqualTo(created.endpoint());
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(Files.readString(file)).matches("SU[A-Z2-7]{56}\n");
    }

    @Test
    void aSignatureOfAFreshIdentityVerifies() {
        Identity identity = Identity.generate(SeededRandom.fresh());
        byte[] message = "hello".getBytes(US_ASCII);

        byte[] signature = identity.sign(message);

        assertThat(Ed25519.verify(signature, 0, identity.endpoint().publicKey(), 0, message, 0, message.length))
                .isTrue();
    }

    @Test
    void creatingNeverOverwrites() throws IOException {
        Path file = fileWith("precious");

        assertThatExceptionOfType(IdentityException.class)
                .isThrownBy(() -> Identity.create(file))
                .withMessageContaining("exists already");
        assertThat(Files.readString(file)).isEqualTo("precious");
    }

    @Test
    void creatingFollowsNoDanglingLink() throws IOException {
        Path link = Files.createSymbolicLink(directory.resolve("link"), directory.resolve("elsewhere"));

        assertThatExceptionOfType(IdentityException.class)
                .isThrownBy(() -> Identity.create(link))
                .withMessageContaining("exists already");
        assertThat(directory.resolve("elsewhere")).doesNotExist();
    }

    @Test
    void creatingNeedsTheDirectory() {
        assertThatExceptionOfType(IdentityException.class)
                .isThrownBy(() -> Identity.create(directory.resolve("missing/bot.key")))
                .withMessageContaining("missing is not a directory");
    }

    @Test
    void aMissingFileSaysHowToMakeIt() {
        Path file = directory.resolve("bot.key");

        assertThatExceptionOfType(IdentityException.class)
                .isThrownBy(() -> Identity.load(file))
                .withMessageContaining("unibus identity new " + file);
    }

    @ParameterizedTest
    @ValueSource(strings = {"rw-r-----", "rw----r--", "rw--w----", "rwx-----x"})
    void aFileOpenToOthersIsRefused(String mode) throws IOException {
        Path file = fileWith(seedText());
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));

        assertThatExceptionOfType(IdentityException.class)
                .isThrownBy(() -> Identity.load(file))
                .withMessageContaining("chmod 600 " + file);
    }

    @Test
    void aReadOnlyFileIsFine() throws IOException {
        Path file = fileWith(seedText());
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--------"));

        assertThat(Identity.load(file).endpoint()).isNotNull();
    }

    @Test
    void anythingButAUserSeedIsRefusedWithoutRepeatingIt() throws IOException {
        String seed = seedText();
        String account = new String(
                NKeyText.encodeSeed(NKeyText.Kind.ACCOUNT, HexFormat.of().parseHex(SEED)));
        String mistyped = seed.substring(0, 20) + (seed.charAt(20) == 'A' ? 'B' : 'A') + seed.substring(21);

        for (String content : new String[] {
            "",
            "\n",
            account,
            mistyped,
            seed.substring(1),
            seed + "\n" + seed,
            Identity.generate(SeededRandom.fresh()).endpoint().nkey(),
            seed.repeat(50)
        }) {
            Path file = fileWith(content);
            assertThatExceptionOfType(IdentityException.class)
                    .isThrownBy(() -> Identity.load(file))
                    .withMessageContaining("does not hold the seed of an identity")
                    .satisfies(e -> assertThat(e.toString()).doesNotContain(seed.substring(2, 12)))
                    .withNoCause();
        }
    }

    @Test
    void aDirectoryIsRefused() throws IOException {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));

        assertThatExceptionOfType(IdentityException.class)
                .isThrownBy(() -> Identity.load(directory))
                .withMessageContaining("cannot read");
    }

    @Test
    void theTextFormShowsOnlyThePublicKey() throws IOException {
        Identity identity = Identity.load(fileWith(seedText()));

        assertThat(identity.toString())
                .contains(identity.endpoint().nkey(), "<redacted>")
                .doesNotContain(seedText(), SEED);
    }

    private static String seedText() {
        return new String(NKeyText.encodeSeed(NKeyText.Kind.USER, HexFormat.of().parseHex(SEED)));
    }

    private Path fileWith(String content) throws IOException {
        Path file = directory.resolve("identity");
        Files.deleteIfExists(file);
        Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        return Files.writeString(file, content);
    }
}
