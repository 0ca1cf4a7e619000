package io.unibus.client;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.NKeyText;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Arrays;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.math.ec.rfc7748.X25519;
import org.bouncycastle.math.ec.rfc8032.Ed25519;

/**
 * An endpoint's Ed25519 key pair. Kept as a file of mode 0600 with one line, the seed in NKey form ({@code SU…}).
 * Immutable and thread-safe. {@link #toString} shows only the public key.
 */
public final class Identity {
    private static final int SEED_BYTES = 32;

    private final Ed25519PrivateKeyParameters privateKey;
    private final Endpoint endpoint;

    private Identity(byte[] seed) {
        this.privateKey = new Ed25519PrivateKeyParameters(seed);
        this.endpoint = Endpoint.ofPublicKey(privateKey.generatePublicKey().getEncoded());
    }

    /** A fresh identity that is nowhere but in memory. */
    public static Identity generate(SecureRandom random) {
        byte[] seed = new byte[SEED_BYTES];
        random.nextBytes(seed);
        try {
            return new Identity(seed);
        } finally {
            Arrays.fill(seed, (byte) 0);
        }
    }

    /**
     * A fresh identity in a new file of mode 0600.
     *
     * @throws IdentityException when the file exists, its directory does not, or it cannot be written
     */
    public static Identity create(Path file) {
        Identity identity = generate(new SecureRandom());
        IdentityFile.write(file, identity.seedText());
        return identity;
    }

    /**
     * Reads the file that {@link #create} made.
     *
     * @throws IdentityException when it is missing, open to others than its owner, or holds anything but a user seed
     */
    public static Identity load(Path file) {
        byte[] seed = IdentityFile.readSeed(file);
        try {
            return new Identity(seed);
        } finally {
            Arrays.fill(seed, (byte) 0);
        }
    }

    /** The public side. */
    public Endpoint endpoint() {
        return endpoint;
    }

    /** The 64 bytes of the Ed25519 signature (RFC 8032, pure) of {@code message}. */
    public byte[] sign(byte[] message) {
        byte[] signature = new byte[Ed25519.SIGNATURE_SIZE];
        privateKey.sign(Ed25519.Algorithm.Ed25519, null, message, 0, message.length, signature, 0);
        return signature;
    }

    /**
     * The X25519 private key of the same scalar: the clamped first half of SHA-512 of the seed (RFC 8032, section
     * 5.1.5). Its public key is {@link Curve25519Map#toX25519} of the endpoint's.
     */
    byte[] x25519PrivateKey() {
        byte[] seed = privateKey.getEncoded();
        byte[] hash = sha512(seed);
        byte[] scalar = Arrays.copyOf(hash, X25519.SCALAR_SIZE);
        X25519.clampPrivateKey(scalar);
        Arrays.fill(seed, (byte) 0);
        Arrays.fill(hash, (byte) 0);
        return scalar;
    }

    private char[] seedText() {
        byte[] seed = privateKey.getEncoded();
        try {
            return NKeyText.encodeSeed(NKeyText.Kind.USER, seed);
        } finally {
            Arrays.fill(seed, (byte) 0);
        }
    }

    private static byte[] sha512(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-512").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this Java runtime has no SHA-512", e);
        }
    }

    @Override
    public String toString() {
        return "Identity[" + endpoint + ", seed <redacted>]";
    }
}
