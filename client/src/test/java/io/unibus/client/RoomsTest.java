package io.unibus.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.Member;
import io.unibus.protocol.MemberRole;
import io.unibus.protocol.Room;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.RoomPolicy;
import io.unibus.protocol.Subject;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class RoomsTest {
    private static final RoomPolicy OPEN = new RoomPolicy(false);
    private static final Epoch SECOND = new Epoch(2);
    private static final Epoch THIRD = new Epoch(3);

    private final SeededRandom random = SeededRandom.fresh();
    private final Identity owner = Identity.generate(random);
    private final Identity bot = Identity.generate(random);
    private final Identity other = Identity.generate(random);

    private FakeNode node;
    private Rooms rooms;

    @BeforeEach
    void start() throws IOException {
        node = FakeNode.start();
        rooms = roomsOf(owner);
    }

    @AfterEach
    void stop() {
        node.close();
    }

    @Test
    void theCreatorOpensTheFirstKey() {
        Room room = rooms.create(Optional.of(new Subject("builds.nightly")), RoomPolicy.DEFAULT);

        assertThat(room.subject()).isEqualTo(new Subject("builds.nightly"));
        assertThat(rooms.secret(room.roomId(), Epoch.FIRST).bytes()).hasSize(32);
        assertThat(node.writes()).containsExactly("POST /rooms as " + owner.endpoint());
    }

    @Test
    void aRoomWhoseAnswerIsLostIsCreatedOnce() {
        node.loseAnswerTo("POST /rooms");

        Room room = rooms.create(Optional.of(new Subject("builds")), RoomPolicy.DEFAULT);

        assertThat(node.room(room.roomId()).view()).isEqualTo(room);
        assertThat(node.writes()).hasSize(1);
    }

    @Test
    void aRoomWhoseRequestIsLostIsCreatedAgain() {
        node.lose("POST /rooms");

        Room room = rooms.create(Optional.empty(), OPEN);

        assertThat(room.subject()).isEqualTo(Subject.defaultFor(room.roomId()));
        assertThat(node.writes()).hasSize(2);
    }

    @Test
    void aCreationThatLandsLateIsRecognised() {
        node.delay("POST /rooms");
        node.before("POST /rooms", node::landDelayed);

        Room room = rooms.create(Optional.of(new Subject("builds")), RoomPolicy.DEFAULT);

        assertThat(node.room(room.roomId()).view()).isEqualTo(room); // not subject-taken, by oneself
        assertThat(node.writes()).hasSize(2);
    }

    @Test
    void aTakenSubjectIsTheCallersToResolve() {
        rooms.create(Optional.of(new Subject("builds")), OPEN);

        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(() -> rooms.create(Optional.of(new Subject("builds")), OPEN))
                .satisfies(e -> assertThat(e.code()).isEqualTo("subject-taken"));
        assertThat(node.writes()).hasSize(2);
    }

    @Test
    void anOutcomeThatCannotBeReadStaysUnknown() {
        Rooms hasty = new Rooms(
                ControlPlaneClient.of(node.url(), owner, Duration.ofSeconds(5), Duration.ofMillis(300)), owner);
        node.lose("POST /rooms");
        node.hang("GET /rooms/");

        assertThatExceptionOfType(OutcomeUnknownException.class)
                .isThrownBy(() -> hasty.create(Optional.empty(), OPEN))
                .withMessageContaining("may or may not have been carried out")
                .satisfies(e -> assertThat(e.getSuppressed()).hasAtLeastOneElementOfType(UnreachableException.class));
    }

    @Test
    void theInvitedOpensTheSameSecret() {
        Room room = rooms.create(Optional.empty(), RoomPolicy.DEFAULT);

        Member member = rooms.invite(room.roomId(), bot.endpoint(), MemberRole.MEMBER);

        assertThat(member.endpoint()).isEqualTo(bot.endpoint());
        assertSameSecret(room.roomId(), Epoch.FIRST, owner, bot);
    }

    @Test
    void anOpenRoomNeedsNoKeys() {
        Room room = rooms.create(Optional.empty(), OPEN);

        rooms.invite(room.roomId(), bot.endpoint(), MemberRole.OWNER);

        assertThat(node.requests()).noneMatch(line -> line.contains("/keys/"));
        assertThat(node.room(room.roomId()).key(Epoch.FIRST, bot.endpoint())).isEmpty();
    }

    @Test
    void anInvitationThatMeetsARekeyCarriesTheNewKey() {
        Room room = rooms.create(Optional.empty(), RoomPolicy.DEFAULT);
        FakeRoom fake = node.room(room.roomId());
        node.before("POST /rooms/" + room.roomId() + "/members", () -> fake.rekeyBy(owner.endpoint(), random));

        rooms.invite(room.roomId(), bot.endpoint(), MemberRole.MEMBER);

        assertSameSecret(room.roomId(), SECOND, owner, bot);
    }

    @Test
    void anInvitationThatAlwaysLosesGivesUp() {
        Room room = rooms.create(Optional.empty(), RoomPolicy.DEFAULT);
        FakeRoom fake = node.room(room.roomId());
        for (int i = 0; i < 10; i++) {
            node.before("POST /rooms/" + room.roomId() + "/members", () -> fake.rekeyBy(owner.endpoint(), random));
        }

        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(() -> rooms.invite(room.roomId(), bot.endpoint(), MemberRole.MEMBER))
                .withMessageContaining("Gave up after 4 attempts")
                .satisfies(e -> assertThat(e.code()).isEqualTo("epoch-conflict"))
                .satisfies(e -> assertThat(e.currentEpoch()).contains(new Epoch(5)));
    }

    @Test
    void anInvitationWhoseAnswerIsLostIsSentOnce() {
        Room room = rooms.create(Optional.empty(), RoomPolicy.DEFAULT);
        node.loseAnswerTo("POST /rooms/" + room.roomId() + "/members");

        Member member = rooms.invite(room.roomId(), bot.endpoint(), MemberRole.MEMBER);

        assertThat(member.endpoint()).isEqualTo(bot.endpoint());
        assertThat(node.writes()).hasSize(2);
    }

    @Test
    void aKeyThatWasSwappedIsNotPassedOn() {
        Room room = rooms.create(Optional.empty(), RoomPolicy.DEFAULT);
        RoomSecret swapped = RoomSecret.generate(random);
        node.room(room.roomId())
                .join(
                        owner.endpoint(),
                        MemberRole.OWNER,
                        Optional.of(swapped.seal(room.roomId(), SECOND, owner.endpoint(), owner.endpoint())));

        assertThatExceptionOfType(SealingException.class)
                .isThrownBy(() -> rooms.invite(room.roomId(), bot.endpoint(), MemberRole.MEMBER));
        assertThat(node.writes()).hasSize(1);
    }

    @Test
    void aRekeyReachesEveryMember() {
        RoomId room = roomOfThree();

        Room after = rooms.rekey(room);

        assertThat(after.epoch()).isEqualTo(SECOND);
        assertSameSecret(room, SECOND, owner, bot, other);
        assertThat(roomsOf(bot).secret(room, SECOND).bytes())
                .isNotEqualTo(roomsOf(bot).secret(room, Epoch.FIRST).bytes());
    }

    @Test
    void aRekeyThatMeetsAJoinCoversTheNewcomer() {
        Room room = rooms.create(Optional.empty(), RoomPolicy.DEFAULT);
        FakeRoom fake = node.room(room.roomId());
        node.before(rekeyOf(room.roomId()), () -> fake.join(bot.endpoint(), MemberRole.MEMBER, Optional.empty()));

        rooms.rekey(room.roomId());

        assertSameSecret(room.roomId(), SECOND, owner, bot);
    }

    @Test
    void aRekeyThatMeetsAnotherFollowsIt() {
        RoomId room = roomOfThree();
        node.before(rekeyOf(room), () -> node.room(room).rekeyBy(other.endpoint(), random));

        assertThat(rooms.rekey(room).epoch()).isEqualTo(THIRD);

        assertSameSecret(room, THIRD, owner, bot, other);
    }

    @Test
    void aRekeyWhoseAnswerIsLostIsRecognisedAsOnesOwn() {
        RoomId room = roomOfThree();
        node.loseAnswerTo(rekeyOf(room));

        assertThat(rooms.rekey(room).epoch()).isEqualTo(SECOND);

        assertThat(rekeysSent(room)).isEqualTo(1);
        assertSameSecret(room, SECOND, owner, bot, other);
    }

    @Test
    void aRekeyWhoseRequestIsLostIsNotMistakenForAnothersRekey() {
        RoomId room = roomOfThree();
        node.lose(rekeyOf(room));
        node.before("GET /rooms/" + room + "/keys/", () -> node.room(room).rekeyBy(other.endpoint(), random));

        assertThat(rooms.rekey(room).epoch()).isEqualTo(THIRD);

        assertThat(rekeysSent(room)).isEqualTo(2);
    }

    @Test
    void aRekeyThatLandsLateIsRecognisedAsOnesOwn() {
        RoomId room = roomOfThree();
        node.delay(rekeyOf(room));
        node.before(rekeyOf(room), node::landDelayed);

        assertThat(rooms.rekey(room).epoch()).isEqualTo(SECOND);

        assertThat(rekeysSent(room)).isEqualTo(2);
        assertSameSecret(room, SECOND, owner, bot, other);
    }

    @Test
    void anOpenRoomHasNoKeyToReplace() {
        Room room = rooms.create(Optional.empty(), OPEN);

        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(() -> rooms.rekey(room.roomId()))
                .satisfies(e -> assertThat(e.code()).isEqualTo("room-not-encrypted"));
        assertThat(node.writes()).hasSize(1);
    }

    @Test
    void removingLocksOutInOneRequest() {
        RoomId room = roomOfThree();
        int writesBefore = node.writes().size();

        rooms.remove(room, bot.endpoint());

        assertThat(node.writes()).hasSize(writesBefore + 1).last().asString().startsWith(rekeyOf(room));
        assertThat(node.room(room).member(bot.endpoint())).isEmpty();
        assertThat(node.room(room).key(SECOND, bot.endpoint())).isEmpty();
        assertSameSecret(room, SECOND, owner, other);
    }

    @Test
    void aRemovalThatAnotherOwnerWasFasterWithIsDone() {
        RoomId room = roomOfThree();
        node.before(rekeyOf(room), () -> node.room(room).rekeyBy(other.endpoint(), random, bot.endpoint()));

        rooms.remove(room, bot.endpoint());

        assertThat(node.room(room).epoch()).isEqualTo(SECOND);
        assertThat(node.room(room).member(bot.endpoint())).isEmpty();
    }

    @Test
    void aRemovalThatMeetsTheMemberLeavingStillRekeys() {
        RoomId room = roomOfThree();
        node.before(rekeyOf(room), () -> node.room(room).leave(bot.endpoint()));

        rooms.remove(room, bot.endpoint());

        assertThat(node.room(room).view().rekeyRequired()).isFalse();
        assertSameSecret(room, SECOND, owner, other);
    }

    @Test
    void aRemovalWhoseAnswerIsLostIsSentOnce() {
        RoomId room = roomOfThree();
        node.loseAnswerTo(rekeyOf(room));

        rooms.remove(room, bot.endpoint());

        assertThat(rekeysSent(room)).isEqualTo(1);
    }

    @Test
    void removingWhoIsNoMemberIsRefused() {
        RoomId room = rooms.create(Optional.empty(), RoomPolicy.DEFAULT).roomId();

        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(() -> rooms.remove(room, bot.endpoint()))
                .satisfies(e -> assertThat(e.code()).isEqualTo("member-not-found"));
        assertThat(rekeysSent(room)).isZero();
    }

    @Test
    void onlyAnOwnerRemoves() {
        RoomId room = roomOfThree();

        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(() -> roomsOf(bot).remove(room, other.endpoint()))
                .satisfies(e -> assertThat(e.status()).isEqualTo(403));
        assertThat(rekeysSent(room)).isEqualTo(1);
    }

    @Test
    void leavingIsOneDelete() {
        RoomId room = roomOfThree();

        roomsOf(bot).remove(room, bot.endpoint());

        assertThat(node.writes().get(node.writes().size() - 1)).startsWith("DELETE /rooms/");
        assertThat(node.room(room).view().rekeyRequired()).isTrue();
    }

    @Test
    void leavingWithALostAnswerIsDone() {
        RoomId room = roomOfThree();
        node.loseAnswerTo("DELETE ");

        roomsOf(bot).remove(room, bot.endpoint());

        assertThat(node.writes().stream().filter(line -> line.startsWith("DELETE ")))
                .hasSize(1);
    }

    @Test
    void leavingWithALostRequestIsRepeated() {
        RoomId room = roomOfThree();
        node.lose("DELETE ");

        roomsOf(bot).remove(room, bot.endpoint());

        assertThat(node.room(room).member(bot.endpoint())).isEmpty();
    }

    @Test
    void removingFromAnOpenRoomIsADelete() {
        RoomId room = rooms.create(Optional.empty(), OPEN).roomId();
        rooms.invite(room, bot.endpoint(), MemberRole.MEMBER);
        node.loseAnswerTo("DELETE ");

        rooms.remove(room, bot.endpoint());

        assertThat(node.room(room).member(bot.endpoint())).isEmpty();
        assertThat(rekeysSent(room)).isZero();
    }

    @Test
    void theClientMustCallAsTheIdentity() {
        ControlPlaneClient client = ControlPlaneClient.of(node.url(), bot);

        assertThatIllegalArgumentException().isThrownBy(() -> new Rooms(client, owner));
    }

    private RoomId roomOfThree() {
        RoomId room = rooms.create(Optional.empty(), RoomPolicy.DEFAULT).roomId();
        rooms.invite(room, bot.endpoint(), MemberRole.MEMBER);
        rooms.invite(room, other.endpoint(), MemberRole.OWNER);
        return room;
    }

    private Rooms roomsOf(Identity identity) {
        return new Rooms(
                ControlPlaneClient.of(node.url(), identity, Duration.ofSeconds(5), Duration.ofSeconds(10)), identity);
    }

    private static String rekeyOf(RoomId room) {
        return "POST /rooms/" + room + "/rekey";
    }

    private long rekeysSent(RoomId room) {
        return node.writes().stream()
                .filter(line -> line.startsWith(rekeyOf(room)))
                .count();
    }

    private void assertSameSecret(RoomId room, Epoch epoch, Identity first, Identity... others) {
        byte[] expected = roomsOf(first).secret(room, epoch).bytes();
        for (Identity who : others) {
            Endpoint endpoint = who.endpoint();
            assertThat(roomsOf(who).secret(room, epoch).bytes())
                    .as("secret of " + endpoint)
                    .isEqualTo(expected);
        }
    }
}
