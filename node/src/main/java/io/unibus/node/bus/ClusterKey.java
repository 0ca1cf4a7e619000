package io.unibus.node.bus;

import io.unibus.node.host.DataDirectory;
import io.unibus.node.host.ExitCode;
import io.unibus.node.host.FatalException;
import io.unibus.protocol.NKeyText;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Set;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The secret that the nodes of one cluster share, from which every other secret of the bus is derived, each by
 * HKDF-SHA256 (RFC 5869) under its own label. One line in a file of mode 0600. Its {@code toString} shows nothing.
 */
public final class ClusterKey {
    private static final Logger log = LoggerFactory.getLogger(ClusterKey.class);

    private static final String PREFIX = "unibus-cluster-key-1:";
    private static final int BYTES = 32;
    private static final Pattern FORM = Pattern.compile(PREFIX + "[A-Za-z0-9_-]{43}");
    private static final byte[] NO_SALT = new byte[BYTES];

    private final byte[] key;

    private ClusterKey(byte[] key) {
        this.key = key;
    }

    /** The key in {@code file}; a new one when there is no such file. */
    public static ClusterKey loadOrCreate(Path file, SecureRandom random) {
        try {
            if (!Files.exists(file)) {
                boolean ours = create(file, random);
                log.debug("cluster key {} made by this start: {}", file, ours);
            }
            return load(file);
        } catch (IOException e) {
            throw unusable(file, e);
        }
    }

    /** The key in {@code file}, which an operator put there. */
    public static ClusterKey loadExisting(Path file) {
        if (!Files.exists(file)) {
            throw new FatalException(
                    ExitCode.CONFIGURATION,
                    "there is no cluster key " + file + ": make one with `unibus cluster-key FILE` and give every node"
                            + " of the cluster a copy of it");
        }
        try {
            return load(file);
        } catch (IOException e) {
            throw unusable(file, e);
        }
    }

    /** Makes a new key in {@code file}, never over an existing one. */
    public static void createNew(Path file, SecureRandom random) {
        try {
            if (!create(file, random)) {
                throw new FatalException(
                        ExitCode.CONFIGURATION, file + " exists already and was left as it is: name another file");
            }
        } catch (IOException e) {
            throw new FatalException(
                    ExitCode.CONFIGURATION, "the cluster key cannot be written to " + file + ": " + e, e);
        }
    }

    private static FatalException unusable(Path file, IOException e) {
        return new FatalException(
                ExitCode.CONFIGURATION,
                "the cluster key " + file + " cannot be used: " + e
                        + ". Make it readable and writable for this user, or" + " name another file with --cluster-key",
                e);
    }

    /** A secret in text form, for {@code label} alone. */
    public String deriveText(String label) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(deriveBytes(label, BYTES));
    }

    /** The seed of an NKey, for {@code label} alone. */
    public char[] deriveSeed(NKeyText.Kind kind, String label) {
        return NKeyText.encodeSeed(kind, deriveBytes(label, BYTES));
    }

    @Override
    public String toString() {
        return "<redacted>";
    }

    /** RFC 5869: extract without salt, expand under the label. */
    byte[] deriveBytes(String label, int length) {
        byte[] pseudoRandomKey = hmac(NO_SALT, key);
        byte[] info = ("unibus " + label).getBytes(StandardCharsets.UTF_8);
        ByteBuffer output = ByteBuffer.allocate(length);
        byte[] block = new byte[0];
        for (int number = 1; output.hasRemaining(); number++) {
            byte[] input = ByteBuffer.allocate(block.length + info.length + 1)
                    .put(block)
                    .put(info)
                    .put((byte) number)
                    .array();
            block = hmac(pseudoRandomKey, input);
            output.put(block, 0, Math.min(block.length, output.remaining()));
        }
        return output.array();
    }

    private static byte[] hmac(byte[] key, byte[] message) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac.doFinal(message);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has HmacSHA256", e);
        }
    }

    private static ClusterKey load(Path file) throws IOException {
        DataDirectory.requirePrivate(file);
        String line = Files.readString(file, StandardCharsets.US_ASCII).strip();
        if (!FORM.matcher(line).matches()) {
            throw new FatalException(
                    ExitCode.CONFIGURATION,
                    file + " is not a cluster key: it must hold one line that begins with " + PREFIX
                            + ". Copy it again from a node of the cluster");
        }
        return new ClusterKey(Base64.getUrlDecoder().decode(line.substring(PREFIX.length())));
    }

    /**
     * Writes the whole key under another name first, so that no start ever finds half of one.
     *
     * @return false when there was one meanwhile, which is then the key
     */
    private static boolean create(Path file, SecureRandom random) throws IOException {
        byte[] key = new byte[BYTES];
        random.nextBytes(key);
        String line = PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(key) + "\n";
        Path temporary = file.resolveSibling(file.getFileName() + ".tmp");
        Files.deleteIfExists(temporary);
        try (FileChannel channel = FileChannel.open(
                temporary,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
            channel.write(ByteBuffer.wrap(line.getBytes(StandardCharsets.US_ASCII)));
            channel.force(true);
        }
        try {
            Files.createLink(file, temporary); // unlike a move, never replaces a key
            return true;
        } catch (FileAlreadyExistsException e) {
            return false;
        } finally {
            Files.delete(temporary);
        }
    }
}
