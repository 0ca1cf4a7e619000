package io.unibus.protocol.chain;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.protocol.MalformedException;
import io.unibus.protocol.MemberRole;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Damaged links. {@code -Dunibus.fuzz.links=N} for more than the 200,000 of every run. */
final class RoomLinkFuzzTest {
    private static final long SEED = 20_261_128;
    private static final int LINKS = Integer.getInteger("unibus.fuzz.links", 200_000);

    @Test
    void damagedLinkIsMalformedOrTheOneEncodingOfWhatItSays() {
        Random random = new Random(SEED);
        List<RoomLink> links = links();
        int read = 0;
        for (int i = 0; i < LINKS; i++) {
            byte[] damaged = damage(links.get(random.nextInt(links.size())).bytes(), random);
            try {
                RoomLink link = RoomLink.parse(damaged);
                byte[] signature =
                        Arrays.copyOfRange(damaged, damaged.length - RoomLink.SIGNATURE_BYTES, damaged.length);
                assertThat(RoomLink.sign(link.content(), text -> signature).bytes())
                        .isEqualTo(damaged);
                read++;
            } catch (MalformedException e) {
                assertThat(e.getMessage()).hasSizeLessThan(300);
            }
        }
        System.out.println("damaged links of seed " + SEED + ": " + LINKS + ", of these in the form of links: " + read);
        assertThat(read).isPositive().isLessThan(LINKS);
    }

    private static List<RoomLink> links() {
        TestPeer alice = new TestPeer("alice");
        TestPeer bob = new TestPeer("bob");
        TestPeer carol = new TestPeer("carol");
        return TestChain.create(alice, "fuzz")
                .invite(alice, bob, MemberRole.OWNER)
                .invite(bob, carol, MemberRole.MEMBER)
                .rekey(bob, alice, carol)
                .links();
    }

    private static byte[] damage(byte[] link, Random random) {
        byte[] damaged = link;
        for (int times = 1 + random.nextInt(3); times > 0; times--) {
            int at = random.nextInt(damaged.length);
            damaged = switch (random.nextInt(6)) {
                case 0 -> flip(damaged, at, 1 << random.nextInt(8));
                case 1 -> flip(damaged, at, 1 + random.nextInt(255));
                case 2 -> Arrays.copyOf(damaged, Math.max(1, at));
                case 3 -> cut(damaged, at, Math.min(damaged.length, at + 1 + random.nextInt(40)));
                case 4 -> repeat(damaged, at, Math.min(damaged.length, at + 1 + random.nextInt(40)));
                default -> Arrays.copyOf(damaged, damaged.length + 1 + random.nextInt(80));
            };
        }
        return damaged;
    }

    private static byte[] flip(byte[] bytes, int at, int bits) {
        byte[] changed = bytes.clone();
        changed[at] ^= (byte) bits;
        return changed;
    }

    private static byte[] cut(byte[] bytes, int from, int to) {
        byte[] changed = Arrays.copyOf(bytes, bytes.length - (to - from));
        System.arraycopy(bytes, to, changed, from, bytes.length - to);
        return changed.length == 0 ? bytes : changed;
    }

    private static byte[] repeat(byte[] bytes, int from, int to) {
        byte[] changed = Arrays.copyOf(bytes, bytes.length + to - from);
        System.arraycopy(bytes, from, changed, to, bytes.length - from);
        return changed;
    }
}
