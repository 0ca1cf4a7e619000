package io.unibus.protocol.chain;

import io.unibus.protocol.MalformedException;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;

/**
 * A member's name for people, which the inviting owner chose and signed: 1 to 32 characters (Unicode code points), without
 * control characters, characters that are invisible or turn the direction of the text, private ones and noncharacters;
 * with no space but U+0020, and that neither first, last nor twice in a row.
 *
 * <p>What is refused is listed by number, and normalisation (NFC) is left to whoever makes a name, {@link #of}: whether a
 * link is valid must not depend on the version of Unicode that its reader knows.
 */
public record MemberName(String value) {
    /** Its length in code points. */
    public static final int MAX_LENGTH = 32;

    /** Its length in UTF-8. */
    static final int MAX_BYTES = 4 * MAX_LENGTH;

    /** First and last of each range; in ascending order. Beyond the last are tags, selectors and planes for private use. */
    private static final int[][] REFUSED = {
        {0x0000, 0x001f}, // controls
        {0x007f, 0x00a0}, // controls, no-break space
        {0x00ad, 0x00ad}, // soft hyphen
        {0x034f, 0x034f}, // combining grapheme joiner
        {0x0600, 0x0605}, // signs that enclose what follows
        {0x061c, 0x061c}, // Arabic letter mark
        {0x06dd, 0x06dd}, // Arabic end of ayah
        {0x070f, 0x070f}, // Syriac abbreviation mark
        {0x115f, 0x1160}, // Hangul fillers
        {0x1680, 0x1680}, // Ogham space
        {0x17b4, 0x17b5}, // Khmer inherent vowels
        {0x180b, 0x180f}, // Mongolian selectors
        {0x2000, 0x200f}, // spaces, zero-width characters, marks of direction
        {0x2028, 0x202f}, // separators, embeddings and overrides of direction
        {0x205f, 0x206f}, // invisible operators, isolates of direction
        {0x2800, 0x2800}, // blank Braille pattern
        {0x3000, 0x3000}, // ideographic space
        {0x3164, 0x3164}, // Hangul filler
        {0xd800, 0xf8ff}, // surrogates, private use
        {0xfdd0, 0xfdef}, // noncharacters
        {0xfe00, 0xfe0f}, // variation selectors
        {0xfeff, 0xfeff}, // zero-width no-break space
        {0xffa0, 0xffa0}, // half-width Hangul filler
        {0xfff0, 0xffff}, // specials, noncharacters
        {0x1bca0, 0x1bca3}, // invisible controls of shorthand
        {0x1d173, 0x1d17a}, // invisible controls of music
        {0xe0000, 0x10ffff},
    };

    /** @throws MalformedException when it has another form */
    public MemberName {
        int length = value.codePointCount(0, value.length());
        if (length < 1 || length > MAX_LENGTH) {
            throw malformed("a name has 1 to " + MAX_LENGTH + " characters, not " + length);
        }
        value.codePoints().filter(MemberName::isRefused).findFirst().ifPresent(c -> {
            throw malformed(String.format(
                    "a name has no control character and none that is invisible or private, such as U+%04X", c));
        });
        if (value.startsWith(" ") || value.endsWith(" ") || value.contains("  ")) {
            throw malformed("a name has spaces only between words, and one at a time");
        }
    }

    /**
     * Returns a name in Unicode's normal form C, in which every new name is.
     *
     * @throws MalformedException when it has another form
     */
    public static MemberName of(String text) {
        return new MemberName(Normalizer.normalize(text, Normalizer.Form.NFC));
    }

    byte[] utf8() {
        return value.getBytes(StandardCharsets.UTF_8);
    }

    private static boolean isRefused(int codePoint) {
        if ((codePoint & 0xfffe) == 0xfffe) {
            return true; // the noncharacters at the end of each plane
        }
        for (int[] range : REFUSED) {
            if (codePoint >= range[0] && codePoint <= range[1]) {
                return true;
            }
        }
        return false;
    }

    private static MalformedException malformed(String reason) {
        return new MalformedException("member-name", reason);
    }

    @Override
    public String toString() {
        return value;
    }
}
