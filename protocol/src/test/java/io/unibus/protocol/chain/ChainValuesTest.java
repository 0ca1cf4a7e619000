package io.unibus.protocol.chain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.MalformedException;
import io.unibus.protocol.MemberRole;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.SealedKey;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Names, ids, digests, fingerprints, and states that were kept. */
final class ChainValuesTest {
    private static final TestPeer ALICE = new TestPeer("alice");
    private static final TestPeer BOB = new TestPeer("bob");
    private static final RoomId ROOM = new RoomId("room");

    @ParameterizedTest
    @ValueSource(
            strings = {"a", "Bob", "J\u00fcrgen M\u00fcller", "\u6f22\u5b57", "billing-bot #2 (test)", "\ud83d\ude80 x"
            })
    void namesOfPeopleAndBotsAreNames(String text) {
        assertThat(MemberName.of(text)).hasToString(text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                " a",
                "a ",
                "a  b",
                "a\nb",
                "a\u0000",
                "a\u007f",
                "a\u009b",
                "a\u00a0b",
                "a\u00ad",
                "a\u034f",
                "a\u200bb",
                "a\u200db",
                "\u202eabc",
                "\u2066a",
                "a\u2028b",
                "a\u3000b",
                "a\u3164",
                "a\ufe0f",
                "a\ufeff",
                "a\ufffd",
                "a\uffff",
                "a\ue000",
                "a\ud800",
                "a\udc00b",
                "a\udb40\udc41",
                "a\ud83f\udffe",
                "123456789012345678901234567890123"
            })
    void textThatIsEmptyTooLongInvisibleOrMisleadingIsNoName(String text) {
        assertThatThrownBy(() -> new MemberName(text)).isInstanceOf(MalformedException.class);
    }

    @Test
    void nameIsCountedInCodePoints() {
        assertThat(new MemberName("\ud83d\ude80".repeat(32)).utf8()).hasSize(128);
        assertThatThrownBy(() -> new MemberName("\ud83d\ude80".repeat(33))).isInstanceOf(MalformedException.class);
    }

    @Test
    void newNamesAreInNormalFormC() {
        assertThat(MemberName.of("u\u0308")).isEqualTo(new MemberName("\u00fc"));
        assertThat(new MemberName("u\u0308").value()).hasSize(2);
    }

    @Test
    void roomIdHasTheFirst130BitsOfItsDigest() {
        CreationNonce nonce = CreationNonce.of(new byte[16]);
        RoomId room = ChainRoomId.derive(ALICE.endpoint, nonce);
        assertThat(ChainRoomId.hasForm(room)).isTrue();
        assertThat(ChainRoomId.isDerivedFrom(room, ALICE.endpoint, nonce)).isTrue();
        assertThat(ChainRoomId.isDerivedFrom(room, BOB.endpoint, nonce)).isFalse();
        byte[] digest = ChainDigest.sha256(new FieldWriter("unibus room id v1")
                        .field(ALICE.endpoint.publicKey())
                        .field(nonce.bytes())
                        .toBytes())
                .bytes();
        BigInteger bits = BigInteger.ZERO;
        for (char digit : room.value().substring(1).toCharArray()) {
            bits = bits.shiftLeft(5).or(BigInteger.valueOf(RoomId.DIGITS.indexOf(digit)));
        }
        assertThat(bits).isEqualTo(new BigInteger(1, digest).shiftRight(256 - 130));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "g",
                "team",
                "0123456789abcdefghjkmnpqrs",
                "h0123456789abcdefghjkmnpqrs",
                "gi123456789abcdefghjkmnpqrs"
            })
    void otherIdsHaveNotTheFormOfDerivedOnes(String id) {
        assertThat(ChainRoomId.hasForm(new RoomId(id))).isFalse();
    }

    @Test
    void commitmentIsToOneKeyOfOneEpochOfOneRoom() {
        byte[] key = TestPeer.bytes("key");
        ChainDigest commitment = ChainDigests.roomKeyCommitment(ROOM, Epoch.FIRST, key);
        assertThat(commitment)
                .isEqualTo(ChainDigest.sha256(new FieldWriter("unibus room key commitment v1")
                        .ascii("room")
                        .number64(1)
                        .field(key)
                        .toBytes()));
        assertThat(Set.of(
                        commitment,
                        ChainDigests.roomKeyCommitment(ROOM, new Epoch(2), key),
                        ChainDigests.roomKeyCommitment(new RoomId("other"), Epoch.FIRST, key),
                        ChainDigests.roomKeyCommitment(ROOM, Epoch.FIRST, TestPeer.bytes("other"))))
                .hasSize(4);
        assertThatThrownBy(() -> ChainDigests.roomKeyCommitment(ROOM, Epoch.FIRST, new byte[31]))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void digestOfSealedKeysIsOfEachKeyOfItsEndpointAndEpoch() {
        Map<Endpoint, SealedKey> keys = TestPeer.sealedKeys(Epoch.FIRST, List.of(ALICE.endpoint, BOB.endpoint));
        SealedKey ofAlice = Optional.ofNullable(keys.get(ALICE.endpoint)).orElseThrow();
        SealedKey ofBob = Optional.ofNullable(keys.get(BOB.endpoint)).orElseThrow();
        assertThat(Set.of(
                        ChainDigests.sealedKeys(Epoch.FIRST, keys),
                        ChainDigests.sealedKeys(new Epoch(2), keys),
                        ChainDigests.sealedKeys(Epoch.FIRST, Map.of(ALICE.endpoint, ofBob, BOB.endpoint, ofAlice)),
                        ChainDigests.sealedKeys(Epoch.FIRST, Map.of(ALICE.endpoint, ofAlice))))
                .hasSize(4);
        assertThat(ChainDigests.sealedKeys(Epoch.FIRST, Map.of())).isEqualTo(ChainDigest.NONE);
    }

    @Test
    void digestOfMembersDependsOnRolesAndNeitherOnOrderNorOnNames() {
        ChainMember alice = new ChainMember(ALICE.endpoint, MemberRole.OWNER, Optional.of(new MemberName("A")));
        ChainMember bob = new ChainMember(BOB.endpoint, MemberRole.MEMBER, Optional.empty());
        ChainMember owner = new ChainMember(BOB.endpoint, MemberRole.OWNER, Optional.empty());
        ChainMember other = new ChainMember(ALICE.endpoint, MemberRole.OWNER, Optional.empty());
        assertThat(ChainDigests.members(List.of(alice, bob)))
                .isEqualTo(ChainDigests.members(List.of(bob, other)))
                .isNotEqualTo(ChainDigests.members(List.of(alice, owner)));
    }

    @Test
    void fingerprintHasThirtyDigitsInSixGroupsAndIsOfTheHead() {
        TestChain chain = TestChain.create(ALICE, "fingerprint").invite(ALICE, BOB, MemberRole.MEMBER);
        ChainFingerprint fingerprint = ChainFingerprint.of(chain.state());
        assertThat(fingerprint.digits()).matches("[0-9]{30}");
        assertThat(fingerprint.toString()).matches("([0-9]{5} ){5}[0-9]{5}");
        assertThat(fingerprint.toString().replace(" ", "")).isEqualTo(fingerprint.digits());
        assertThat(fingerprint).isEqualTo(ChainFingerprint.of(chain.state()));
        assertThat(fingerprint).isNotEqualTo(ChainFingerprint.of(chain.state(1)));
    }

    @Test
    void stateIsRestoredForTheMembersItsLinkWasSignedForOnly() {
        ChainState state = TestChain.create(ALICE, "restore")
                .invite(ALICE, BOB, MemberRole.MEMBER)
                .state();
        List<ChainMember> members = List.copyOf(state.members().values());
        assertThat(ChainState.restore(state.link(), members)).isEqualTo(state);
        assertThatThrownBy(() -> ChainState.restore(state.link(), members.subList(0, 1)))
                .isInstanceOf(MalformedException.class)
                .hasMessageContaining("was not signed for these members");
        assertThatThrownBy(() -> ChainState.restore(state.link(), List.of(members.get(0), members.get(0))))
                .isInstanceOf(MalformedException.class)
                .hasMessageContaining("twice");
    }

    @Test
    void membersOfAStateCannotBeChanged() {
        ChainState state = TestChain.create(ALICE, "unmodifiable").state();
        assertThatThrownBy(() -> state.members().clear()).isInstanceOf(UnsupportedOperationException.class);
        byte[] bytes = state.link().bytes();
        Arrays.fill(bytes, (byte) 0);
        assertThat(RoomLink.parse(state.link().bytes())).isEqualTo(state.link());
    }
}
