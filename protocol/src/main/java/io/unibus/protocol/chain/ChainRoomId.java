package io.unibus.protocol.chain;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.RoomId;
import java.util.regex.Pattern;

/**
 * Room ids that commit to their creator: {@code g} and 26 digits of {@link RoomId#DIGITS}, which are the first 130 bits of
 * SHA-256 over the label {@code unibus room id v1}, the creator's public key (32 bytes) and the random bytes of the first
 * link (16), each preceded by its length in two bytes. Nobody else can begin a chain under such an id.
 */
public final class ChainRoomId {
    private static final String LABEL = "unibus room id v1";
    private static final int DIGITS = 26;
    private static final int BITS_OF_DIGIT = 5;
    private static final Pattern FORM = Pattern.compile("g[" + RoomId.DIGITS + "]{" + DIGITS + "}");

    private ChainRoomId() {}

    /** Returns the id of the room that {@code creator} begins with {@code nonce}. */
    public static RoomId derive(Endpoint creator, CreationNonce nonce) {
        byte[] digest = ChainDigest.sha256(new FieldWriter(LABEL)
                        .field(creator.publicKey())
                        .field(nonce.bytes())
                        .toBytes())
                .bytes();
        StringBuilder id = new StringBuilder("g");
        for (int digit = 0; digit < DIGITS; digit++) {
            int bit = digit * BITS_OF_DIGIT;
            int twoBytes = (digest[bit / 8] & 0xff) << 8 | (digest[bit / 8 + 1] & 0xff);
            id.append(RoomId.DIGITS.charAt(twoBytes >> (16 - BITS_OF_DIGIT - bit % 8) & 31));
        }
        return new RoomId(id.toString());
    }

    /** Returns whether {@code room} is the id that {@link #derive} makes of creator and nonce. */
    public static boolean isDerivedFrom(RoomId room, Endpoint creator, CreationNonce nonce) {
        return room.equals(derive(creator, nonce));
    }

    /** Returns whether an id has the form of those that {@link #derive} makes. */
    public static boolean hasForm(RoomId room) {
        return FORM.matcher(room.value()).matches();
    }
}
