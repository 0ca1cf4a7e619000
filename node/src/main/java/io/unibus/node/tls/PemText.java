package io.unibus.node.tls;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** PEM, RFC 7468: blocks of base64 between lines that say what they are; whatever stands between them is passed over. */
final class PemText {
    private static final Pattern BEGIN = Pattern.compile("-----BEGIN ([A-Z0-9 ]{1,40})-----");
    private static final Base64.Encoder LINES = Base64.getMimeEncoder(64, new byte[] {'\n'});

    private PemText() {}

    /** What stands between two lines; its {@code toString} shows nothing of it. */
    static final class Block {
        private final String kind;
        private final byte[] der;
        private final boolean encrypted;

        private Block(String kind, byte[] der, boolean encrypted) {
            this.kind = kind;
            this.der = der;
            this.encrypted = encrypted;
        }

        String kind() {
            return kind;
        }

        byte[] der() {
            return der;
        }

        /** Returns whether it says of itself that one needs a password to read it; it is empty then. */
        boolean isEncrypted() {
            return encrypted;
        }
    }

    /**
     * Returns all blocks in their order.
     *
     * @throws UnusablePairException when one of them is not whole
     */
    static List<Block> blocks(byte[] content) {
        String text = new String(content, StandardCharsets.ISO_8859_1);
        List<Block> blocks = new ArrayList<>();
        Matcher begin = BEGIN.matcher(text);
        int position = 0;
        while (begin.find(position)) {
            String end = "-----END " + begin.group(1) + "-----";
            int endsAt = text.indexOf(end, begin.end());
            if (endsAt < 0) {
                throw new UnusablePairException(
                        "it ends in the middle: wait until it is written whole, or write it again");
            }
            blocks.add(block(begin.group(1), text.substring(begin.end(), endsAt)));
            position = endsAt + end.length();
        }
        return blocks;
    }

    private static Block block(String kind, String body) {
        if (kind.startsWith("ENCRYPTED ") || body.contains("Proc-Type: 4,ENCRYPTED")) {
            return new Block(kind, new byte[0], true);
        }
        try {
            return new Block(kind, Base64.getMimeDecoder().decode(body), false);
        } catch (IllegalArgumentException e) {
            throw new UnusablePairException("a block in it is damaged: write it again");
        }
    }

    static String of(String kind, byte[] der) {
        return "-----BEGIN " + kind + "-----\n" + LINES.encodeToString(der) + "\n-----END " + kind + "-----\n";
    }
}
