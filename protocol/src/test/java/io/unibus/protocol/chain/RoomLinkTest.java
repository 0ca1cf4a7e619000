package io.unibus.protocol.chain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.MalformedException;
import io.unibus.protocol.MemberRole;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RoomLinkTest {
    private static final TestPeer ALICE = new TestPeer("alice");
    private static final TestPeer BOB = new TestPeer("bob");

    private static final int LABEL = 0;
    private static final int ROOM = 1;
    private static final int NUMBER = 2;
    private static final int EPOCH = 4;
    private static final int POLICY = 7;
    private static final int ACTION_COUNT = 9;
    private static final int ACTION = 10;
    private static final int TIME = 13;
    private static final int NONCE = 14;

    private final TestChain chain = TestChain.create(ALICE, "links").invite(ALICE, BOB, MemberRole.MEMBER);
    private final RoomLink first = chain.state(1).link();
    private final RoomLink invitation = chain.state(2).link();

    @Test
    void linkIsReadAsItIsWritten() {
        chain.rekey(ALICE).remove(BOB, BOB);
        for (RoomLink link : chain.links()) {
            RoomLink read = RoomLink.parse(link.bytes());
            assertThat(read).isEqualTo(link);
            assertThat(read.content()).isEqualTo(link.content());
            assertThat(read.bytes()).isEqualTo(link.bytes());
            assertThat(read.hash()).isEqualTo(ChainDigest.sha256(link.bytes()));
            assertThat(RoomLink.parseText(link.text())).isEqualTo(link);
        }
    }

    @Test
    void linkHasAboutFourHundredBytes() {
        assertThat(invitation.bytes()).hasSizeBetween(350, 430);
    }

    /** The layout of the documentation, written out by hand. */
    @Test
    void fieldsStandInTheirOrder() {
        LinkContent content = first.content();
        List<byte[]> fields = List.of(
                ascii("unibus room link v1"),
                ascii(content.room().value()),
                number(1),
                new byte[32],
                number(1),
                content.keyCommitment().bytes(),
                content.keysDigest().bytes(),
                new byte[] {1},
                ascii("team.chat"),
                new byte[] {0, 1},
                join(new byte[] {1}, ALICE.endpoint.publicKey(), new byte[] {1}, ascii("alice")),
                content.membersDigest().bytes(),
                ALICE.endpoint.publicKey(),
                number(TestChain.BEGIN.toEpochMilli()),
                content.nonce().orElseThrow().bytes());
        byte[] signed = encode(fields);
        assertThat(content.signedText()).isEqualTo(signed);
        assertThat(first.bytes()).isEqualTo(join(signed, new byte[] {0, 64}, ALICE.sign(signed)));
    }

    @Test
    void signedTextIsNoNonceOfALogin() {
        byte[] text = first.content().signedText();
        String label = new String(text, 2, 19, StandardCharsets.US_ASCII);
        assertThat(label).isEqualTo("unibus room link v1").doesNotMatch("[A-Za-z0-9_-]+");
        assertThat(text[0]).isZero();
    }

    @Test
    void truncatedLinkIsMalformed() {
        for (RoomLink link : chain.links()) {
            for (int length = 0; length < link.bytes().length; length++) {
                assertMalformed(Arrays.copyOf(link.bytes(), length));
            }
        }
    }

    @Test
    void linkWithMoreAfterItsEndIsMalformed() {
        assertMalformed(join(first.bytes(), new byte[] {0}), "bytes follow after its end");
    }

    @Test
    void linkThatIsTooLargeIsMalformed() {
        assertMalformed(new byte[RoomLink.MAX_BYTES + 1], "more than 262144");
        assertThatThrownBy(() -> RoomLink.parseText("A".repeat(400_000)))
                .isInstanceOf(MalformedException.class)
                .hasMessageContaining("characters, more than");
    }

    @Test
    void linkThatWouldBeTooLargeIsNotSigned() {
        List<LinkAction> actions = new ArrayList<>();
        for (int i = 0; i < LinkContent.MAX_ACTIONS; i++) {
            Endpoint endpoint = Endpoint.ofPublicKey(TestPeer.bytes("member " + i));
            MemberName name = new MemberName("\u6f22".repeat(MemberName.MAX_LENGTH));
            actions.add(new LinkAction.Add(endpoint, MemberRole.MEMBER, Optional.of(name)));
        }
        EditedLink link = new EditedLink(first).actions(actions.toArray(new LinkAction[0]));
        assertThatThrownBy(() -> link.signedBy(ALICE))
                .isInstanceOf(MalformedException.class)
                .hasMessageContaining("make two of it");
    }

    @Test
    void labelOfAnotherVersionIsNamed() {
        assertMalformed(withField(LABEL, field -> ascii("unibus room link v2")), "another version than v1");
        assertMalformed(withField(LABEL, field -> ascii("unibus room knot v1")), "label");
        assertMalformed(withField(LABEL, field -> ascii("unibus room link v1 ")), "another version");
        assertMalformed(withField(LABEL, field -> new byte[] {(byte) 0xff}), "label is not ASCII");
    }

    @Test
    void policyOfANewerVersionIsNamed() {
        assertMalformed(withField(POLICY, field -> new byte[] {2}), "policy is not known");
        assertMalformed(withField(POLICY, field -> new byte[] {1, 0}), "policy has 2 bytes");
    }

    @Test
    void numbersOutOfRangeAreMalformed() {
        for (long number : new long[] {0, -1, 2, 1L << 53, Long.MIN_VALUE}) {
            assertMalformed(withField(NUMBER, field -> number(number)));
        }
        for (long epoch : new long[] {0, -1, 1L << 53}) {
            assertMalformed(withField(EPOCH, field -> number(epoch)), "epoch");
        }
        for (long time : new long[] {-1, Long.MAX_VALUE, Long.MIN_VALUE, 253_402_300_800_000L}) {
            assertMalformed(withField(TIME, field -> number(time)), "time");
        }
        assertThat(RoomLink.parse(withField(TIME, field -> number(253_402_300_799_999L)))
                        .content()
                        .time())
                .isEqualTo(Instant.parse("9999-12-31T23:59:59.999Z"));
    }

    @Test
    void numbersOfLaterLinksAreInRange() {
        EditedLink link = new EditedLink(invitation);
        for (long number : new long[] {0, -1, 1L << 53, Long.MIN_VALUE}) {
            link.number = number;
            assertThatThrownBy(link::content).hasMessageContaining("its number is not one from 1 to 2^53 - 1");
        }
        link.number = (1L << 53) - 1;
        assertThat(RoomLink.parse(link.signedBy(ALICE).bytes()).number()).isEqualTo(link.number);
    }

    @Test
    void linkHasAtMostAsManyActionsAsARoomHasMembers() {
        LinkAction[] actions = new LinkAction[LinkContent.MAX_ACTIONS + 1];
        for (int i = 0; i < actions.length; i++) {
            actions[i] = new LinkAction.Remove(Endpoint.ofPublicKey(TestPeer.bytes("member " + i)));
        }
        EditedLink link = new EditedLink(invitation).actions(actions);
        assertThatThrownBy(link::content).hasMessageContaining("more than 6000 actions");
    }

    @Test
    void roomIdsThatAreNoneAreMalformed() {
        assertMalformed(withField(ROOM, field -> ascii("a room")), "room-id");
        assertMalformed(withField(ROOM, field -> new byte[65]), "room id has 65 bytes");
    }

    @Test
    void firstLinkAloneHasRandomBytesAndNoPrevious() {
        assertMalformed(withField(NONCE, field -> new byte[0]), "random bytes");
        assertMalformed(withField(NONCE, field -> new byte[15]), "15 random bytes");
        EditedLink later = new EditedLink(invitation);
        later.nonce = first.content().nonce();
        assertThatThrownBy(later::content).isInstanceOf(MalformedException.class);
        EditedLink noPrevious = new EditedLink(invitation);
        noPrevious.previous = ChainDigest.NONE;
        assertThatThrownBy(noPrevious::content).isInstanceOf(MalformedException.class);
        EditedLink previous = new EditedLink(first);
        previous.previous = first.hash();
        assertThatThrownBy(previous::content).isInstanceOf(MalformedException.class);
    }

    @Test
    void timeIsToTheMillisecond() {
        EditedLink link = new EditedLink(first);
        link.time = TestChain.BEGIN.plusNanos(1);
        assertThatThrownBy(link::content).hasMessageContaining("whole milliseconds");
    }

    @Test
    void actionsAreCountedAndEachIsKnown() {
        assertMalformed(withField(ACTION_COUNT, field -> new byte[] {0, 2}));
        assertMalformed(withField(ACTION_COUNT, field -> new byte[] {0, 0}));
        assertMalformed(withField(ACTION_COUNT, field -> new byte[] {(byte) 0xff, 0}), "65280 actions");
        assertMalformed(withField(ACTION, field -> with(field, 0, 3)), "neither an add nor a remove");
        assertMalformed(withField(ACTION, field -> with(field, 0, 2)), "neither an add nor a remove");
        assertMalformed(withField(ACTION, field -> Arrays.copyOf(field, 33)), "neither an add nor a remove");
        assertMalformed(withField(ACTION, field -> Arrays.copyOf(field, 32)), "action has 32 bytes");
        assertMalformed(withField(ACTION, field -> with(field, 33, 3)), "role");
        assertMalformed(withField(ACTION, field -> with(field, 34, 0xff)), "not UTF-8");
        assertMalformed(withField(ACTION, field -> with(field, 34, 7)), "member-name");
    }

    @Test
    void actionsAreOrderedByEndpointEachOnce() {
        LinkAction alice = new LinkAction.Remove(ALICE.endpoint);
        LinkAction bob = new LinkAction.Remove(BOB.endpoint);
        boolean aliceFirst = ALICE.endpoint.compareTo(BOB.endpoint) < 0;
        EditedLink link = new EditedLink(invitation);
        link.actions = aliceFirst ? List.of(bob, alice) : List.of(alice, bob);
        assertThatThrownBy(link::content).hasMessageContaining("ordered by endpoint");
        link.actions = List.of(bob, bob);
        assertThatThrownBy(link::content).hasMessageContaining("ordered by endpoint");
        link.actions = List.of(bob, new LinkAction.Add(BOB.endpoint, MemberRole.OWNER, Optional.empty()));
        assertThatThrownBy(link::content).hasMessageContaining("ordered by endpoint");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "A", "=", "AB==", "####", "AB\n"})
    void textThatIsNoLinkIsMalformed(String text) {
        assertThatThrownBy(() -> RoomLink.parseText(text)).isInstanceOf(MalformedException.class);
    }

    @Test
    void textHasOneForm() {
        RoomLink link = chain.invite(ALICE, new TestPeer("carol"), MemberRole.MEMBER)
                .state()
                .link();
        assertThat(link.bytes().length % 3).isNotZero();
        String text = link.text();
        char last = text.charAt(text.length() - 1);
        String spare = text.substring(0, text.length() - 1) + (char) (last + 1);
        assertThatThrownBy(() -> RoomLink.parseText(spare)).hasMessageContaining("bits to spare");
        assertThatThrownBy(() -> RoomLink.parseText(text + "=")).isInstanceOf(MalformedException.class);
        assertThatThrownBy(() -> RoomLink.parseText(text + "==")).isInstanceOf(MalformedException.class);
    }

    @Test
    void whatItShowsHoldsNoMoreThanItsPlace() {
        assertThat(first).hasToString("RoomLink[" + first.content().room() + " 1 " + first.hash() + "]");
    }

    /** Returns the first link with one field replaced, its length with it. */
    private byte[] withField(int index, UnaryOperator<byte[]> change) {
        List<byte[]> fields = new ArrayList<>();
        ByteBuffer bytes = ByteBuffer.wrap(first.bytes());
        while (bytes.hasRemaining()) {
            byte[] field = new byte[bytes.getShort()];
            bytes.get(field);
            fields.add(fields.size() == index ? change.apply(field) : field);
        }
        return encode(fields);
    }

    private static byte[] encode(List<byte[]> fields) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (byte[] field : fields) {
            bytes.write(field.length >> 8);
            bytes.write(field.length);
            bytes.writeBytes(field);
        }
        return bytes.toByteArray();
    }

    private static byte[] with(byte[] field, int at, int value) {
        field[at] = (byte) value;
        return field;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] number(long value) {
        return ByteBuffer.allocate(Long.BYTES).putLong(value).array();
    }

    private static byte[] join(byte[]... parts) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            bytes.writeBytes(part);
        }
        return bytes.toByteArray();
    }

    private static void assertMalformed(byte[] bytes, String... parts) {
        assertThatThrownBy(() -> RoomLink.parse(bytes))
                .describedAs(HexFormat.of().formatHex(bytes, 0, Math.min(bytes.length, 64)))
                .isInstanceOfSatisfying(
                        MalformedException.class,
                        e -> assertThat(List.of(parts))
                                .allSatisfy(part -> assertThat(e.getMessage()).contains(part)));
    }
}
