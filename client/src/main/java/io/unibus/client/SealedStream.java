package io.unibus.client;

import io.unibus.protocol.Endpoint;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PushbackInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.bouncycastle.crypto.InvalidCipherTextException;
import org.bouncycastle.crypto.hpke.HPKEContext;
import org.bouncycastle.crypto.hpke.HPKEContextWithEncapsulation;

/**
 * A stream of any length sealed to one endpoint: the line {@value #MAGIC}, the 32 bytes of HPKE's encapsulated key, and
 * chunks of {@value #CHUNK} bytes, each with its tag of 16 bytes and the last one shorter or as long. The chunks are the
 * messages of one HPKE context, so that none can be moved or left out; the associated data is 1 for the last one and 0
 * for the others, so that an end too early does not open.
 *
 * <p>As with {@link RoomSecret}, what opens was meant for the recipient; who sealed it is not proved.
 */
public final class SealedStream {
    /** The first bytes, by which a sealed stream is known. */
    public static final String MAGIC = "unibus-sealed-1\n";

    private static final int CHUNK = 64 * 1024;
    private static final int TAG = 16;
    private static final int ENCAPSULATED_BYTES = 32;
    private static final byte[] LABEL = "unibus sealed stream v1".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] NOT_LAST = {0};
    private static final byte[] LAST = {1};

    private SealedStream() {}

    /**
     * What is written to the result arrives sealed in {@code out}, complete once the result is closed.
     *
     * @throws SealingException when the recipient's key is not a valid Ed25519 public key
     */
    public static OutputStream seal(OutputStream out, Endpoint recipient) throws IOException {
        var hpke = Hpke.suite();
        HPKEContextWithEncapsulation context =
                hpke.setupBaseS(hpke.deserializePublicKey(RoomSecret.x25519PublicKey(recipient)), info(recipient));
        out.write(MAGIC.getBytes(StandardCharsets.US_ASCII));
        out.write(context.getEncapsulation());
        return new Sealing(out, context);
    }

    /**
     * The content of a stream that was sealed to {@code recipient}. Reading it throws a {@link SealingException} where it
     * was changed, was truncated, or is for somebody else.
     */
    public static InputStream open(InputStream in, Identity recipient) throws IOException {
        byte[] magic = in.readNBytes(MAGIC.length());
        byte[] encapsulated = in.readNBytes(ENCAPSULATED_BYTES);
        if (!Arrays.equals(magic, MAGIC.getBytes(StandardCharsets.US_ASCII))
                || encapsulated.length != ENCAPSULATED_BYTES) {
            throw new SealingException("it is not sealed, or only its beginning is there");
        }
        var hpke = Hpke.suite();
        byte[] privateKey = recipient.x25519PrivateKey();
        try {
            var pair = hpke.deserializePrivateKey(privateKey, RoomSecret.x25519PublicKey(recipient.endpoint()));
            return new Opening(in, hpke.setupBaseR(encapsulated, pair, info(recipient.endpoint())));
        } catch (IllegalStateException e) { // a point of low order, see Hpke
            throw new SealingException("it was damaged on its way: its key is not valid", e);
        } finally {
            Arrays.fill(privateKey, (byte) 0);
        }
    }

    private static byte[] info(Endpoint recipient) {
        byte[] key = recipient.publicKey();
        byte[] info = Arrays.copyOf(LABEL, LABEL.length + key.length);
        System.arraycopy(key, 0, info, LABEL.length, key.length);
        return info;
    }

    private static final class Sealing extends OutputStream {
        private final OutputStream out;
        private final HPKEContext context;
        private final byte[] chunk = new byte[CHUNK];
        private int length;
        private boolean closed;

        Sealing(OutputStream out, HPKEContext context) {
            this.out = out;
            this.context = context;
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int count) throws IOException {
            int from = offset;
            while (from < offset + count) {
                if (length == CHUNK) { // only now is it known not to be the last
                    seal(NOT_LAST);
                }
                int part = Math.min(offset + count - from, CHUNK - length);
                System.arraycopy(bytes, from, chunk, length, part);
                length += part;
                from += part;
            }
        }

        @Override
        public void close() throws IOException {
            if (!closed) {
                closed = true;
                seal(LAST);
                out.close();
            }
        }

        private void seal(byte[] associatedData) throws IOException {
            try {
                out.write(context.seal(associatedData, Arrays.copyOf(chunk, length)));
                length = 0;
            } catch (InvalidCipherTextException e) {
                throw new IllegalStateException("encryption cannot fail on its input", e);
            }
        }
    }

    private static final class Opening extends InputStream {
        private final PushbackInputStream in;
        private final HPKEContext context;
        private byte[] chunk = {};
        private int next;
        private boolean wasLast;

        Opening(InputStream in, HPKEContext context) {
            this.in = new PushbackInputStream(in);
            this.context = context;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int offset, int count) throws IOException {
            if (count == 0) {
                return 0;
            }
            while (next == chunk.length) {
                if (wasLast) {
                    return -1;
                }
                openChunk();
            }
            int part = Math.min(count, chunk.length - next);
            System.arraycopy(chunk, next, bytes, offset, part);
            next += part;
            return part;
        }

        @Override
        public void close() throws IOException {
            in.close();
        }

        private void openChunk() throws IOException {
            byte[] sealed = in.readNBytes(CHUNK + TAG);
            int following = in.read();
            if (following >= 0) {
                in.unread(following);
            }
            wasLast = following < 0;
            try {
                chunk = context.open(wasLast ? LAST : NOT_LAST, sealed);
                next = 0;
            } catch (InvalidCipherTextException | RuntimeException e) {
                throw new SealingException(
                        "it does not open: it is sealed to another identity, was changed, or is truncated", e);
            }
        }
    }
}
