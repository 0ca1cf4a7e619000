package io.unibus.node.control;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.unibus.node.audit.AuditLog;
import io.unibus.node.config.BusAuth;
import io.unibus.protocol.AddUserRequest;
import io.unibus.protocol.CreateRoomRequest;
import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.Handle;
import io.unibus.protocol.InviteRequest;
import io.unibus.protocol.JsonObject;
import io.unibus.protocol.MemberRole;
import io.unibus.protocol.MemberRoom;
import io.unibus.protocol.RekeyRequest;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.RoomPolicy;
import io.unibus.protocol.SealedKey;
import io.unibus.protocol.Subject;
import io.unibus.protocol.User;
import io.unibus.protocol.UserRole;
import io.unibus.store.Outcome;
import io.unibus.store.OutcomeUnknownException;
import io.unibus.store.Rejection;
import io.unibus.store.StoreUnavailableException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ControlPlaneTest {
    private static final Instant NOW = Instant.parse("2026-11-21T08:50:00.123456Z");
    private static final Instant NOW_IN_MILLIS = Instant.parse("2026-11-21T08:50:00.123Z");
    private static final Duration OP_TIMEOUT = Duration.ofSeconds(2);

    private static final Endpoint OWNER = endpoint(1);
    private static final Endpoint MEMBER = endpoint(2);
    private static final Endpoint STRANGER = endpoint(3);
    private static final Endpoint ADMIN = endpoint(4);
    private static final Endpoint REVOKED = endpoint(5);
    private static final RoomId ROOM = new RoomId("team");
    private static final RoomId NO_ROOM = new RoomId("nowhere");
    private static final SealedKey KEY = SealedKey.of(new byte[] {1});

    private final MemoryStore store = new MemoryStore();
    private final AtomicLong nanos = new AtomicLong();
    private final DenialCounter denials = new DenialCounter(() -> NOW);

    @TempDir
    private Path dataDir;

    private ControlPlane control;

    private AuditLog auditLog() {
        return AuditLog.ofNode(dataDir, "one", () -> NOW);
    }

    private ControlPlane controlWith(BusAuth mode) {
        return new ControlPlane(
                store, () -> NOW, nanos::get, new SecureRandom(), OP_TIMEOUT, mode, denials, auditLog());
    }

    @BeforeEach
    void givenARoomWithAnOwnerAndAMember() {
        control = controlWith(BusAuth.OFF);
        store.addUser(User.active(ADMIN, new Handle("admin"), UserRole.ADMIN, NOW));
        store.addUser(User.active(REVOKED, new Handle("gone"), UserRole.MEMBER, NOW));
        store.revokeUser(REVOKED, NOW);
        valueOf(control.createRoom(
                as(OWNER),
                new CreateRoomRequest(Optional.of(ROOM), Optional.empty(), RoomPolicy.DEFAULT, Map.of(OWNER, KEY))));
        valueOf(control.invite(as(OWNER), ROOM, invitationOf(MEMBER)));
    }

    // Who counts as whom.

    @Test
    void whoeverIsNotRevokedIsAdmittedUnlessTheAllowlistRules() {
        assertThat(valueOf(admit(BusAuth.OFF, STRANGER)).endpoint()).isEqualTo(STRANGER);
        assertThat(valueOf(admit(BusAuth.SOFT, STRANGER)).endpoint()).isEqualTo(STRANGER);
        assertThat(refusal(admit(BusAuth.ENFORCE, STRANGER))).isEqualTo(new Rejection.CallerUnknown(STRANGER));
        for (BusAuth mode : BusAuth.values()) {
            assertThat(valueOf(admit(mode, ADMIN)).isAdmin()).isTrue();
            assertThat(refusal(admit(mode, REVOKED))).isEqualTo(new Rejection.CallerRevoked(REVOKED));
        }
    }

    @Test
    void callersWhomEnforceRefusesAreCounted() {
        admit(BusAuth.OFF, STRANGER);
        admit(BusAuth.OFF, REVOKED);
        admit(BusAuth.SOFT, ADMIN);
        assertThat(denials.all()).isEmpty();
        admit(BusAuth.SOFT, STRANGER);
        admit(BusAuth.ENFORCE, STRANGER);
        admit(BusAuth.SOFT, REVOKED);
        assertThat(denials.total(DenialCounter.Door.HTTP, DenialReason.USER_UNKNOWN))
                .isEqualTo(2);
        assertThat(denials.total(DenialCounter.Door.HTTP, DenialReason.USER_REVOKED))
                .isEqualTo(1);
    }

    @Test
    void onlyActiveAdminsAreAdmins() {
        store.addUser(User.active(STRANGER, new Handle("second"), UserRole.ADMIN, NOW));
        assertThat(as(STRANGER).isAdmin()).isTrue();
        assertThat(as(OWNER).isAdmin()).isFalse();
    }

    @Test
    void changeTakesOneLookAtTheAllowlistOneAtTheRoomAndItsCommit() {
        AtomicLong calls = new AtomicLong();
        store.beforeEachCall(calls::incrementAndGet);
        valueOf(control.removeMember(as(OWNER), ROOM, MEMBER));
        store.beforeEachCall(() -> {});
        assertThat(calls).hasValue(3);
    }

    @Test
    void roomIdAndSubjectAreChosenWhenNotGiven() {
        var room = valueOf(control.createRoom(
                as(STRANGER),
                new CreateRoomRequest(Optional.empty(), Optional.empty(), new RoomPolicy(false), Map.of())));
        assertThat(room.subject()).isEqualTo(Subject.defaultFor(room.roomId()));
        assertThat(room.owner()).isEqualTo(STRANGER);
        assertThat(room.createdAt()).isEqualTo(NOW_IN_MILLIS);
    }

    @Test
    void hiddenRoomIsRefusedLikeOneThatIsMissing() {
        assertThat(refusal(control.room(as(STRANGER), ROOM))).isEqualTo(new Rejection.RoomNotFound(ROOM));
        assertThat(refusal(control.room(as(STRANGER), NO_ROOM))).isEqualTo(new Rejection.RoomNotFound(NO_ROOM));
        assertThat(refusal(control.members(as(STRANGER), ROOM))).isEqualTo(new Rejection.RoomNotFound(ROOM));
        assertThat(refusal(control.invite(as(STRANGER), ROOM, invitationOf(STRANGER))))
                .isEqualTo(new Rejection.RoomNotFound(ROOM));
        assertThat(refusal(control.removeMember(as(STRANGER), ROOM, MEMBER)))
                .isEqualTo(new Rejection.RoomNotFound(ROOM));
        assertThat(refusal(control.removeMember(as(STRANGER), ROOM, STRANGER)))
                .isEqualTo(new Rejection.RoomNotFound(ROOM));
        assertThat(refusal(control.rekey(as(STRANGER), ROOM, rekey(2)))).isEqualTo(new Rejection.RoomNotFound(ROOM));
        assertThat(refusal(control.key(as(STRANGER), ROOM, STRANGER, Optional.empty())))
                .isEqualTo(new Rejection.RoomNotFound(ROOM));
    }

    @Test
    void adminWhoIsNotAMemberSeesNoRoom() {
        assertThat(refusal(control.room(as(ADMIN), ROOM))).isEqualTo(new Rejection.RoomNotFound(ROOM));
    }

    @Test
    void memberSeesTheRoomAndIsToldThatOwnersOnlyChangeIt() {
        assertThat(valueOf(control.room(as(MEMBER), ROOM)).owner()).isEqualTo(OWNER);
        assertThat(valueOf(control.members(as(MEMBER), ROOM))).hasSize(2);
        Rejection ownerOnly = new Rejection.OwnerOnly(ROOM);
        assertThat(refusal(control.invite(as(MEMBER), ROOM, invitationOf(STRANGER))))
                .isEqualTo(ownerOnly);
        assertThat(refusal(control.removeMember(as(MEMBER), ROOM, OWNER))).isEqualTo(ownerOnly);
        assertThat(refusal(control.rekey(as(MEMBER), ROOM, rekey(2)))).isEqualTo(ownerOnly);
    }

    @Test
    void memberMayLeave() {
        valueOf(control.removeMember(as(MEMBER), ROOM, MEMBER));
        assertThat(refusal(control.room(as(MEMBER), ROOM))).isEqualTo(new Rejection.RoomNotFound(ROOM));
        assertThat(valueOf(control.room(as(OWNER), ROOM)).rekeyRequired()).isTrue();
    }

    @Test
    void lastOwnerMayNotLeave() {
        assertThat(refusal(control.removeMember(as(OWNER), ROOM, OWNER))).isEqualTo(new Rejection.LastOwner(OWNER));
    }

    @Test
    void revokedEndpointCannotBeInvited() {
        assertThat(refusal(control.invite(as(OWNER), ROOM, invitationOf(REVOKED))))
                .isEqualTo(new Rejection.UserRevoked(REVOKED));
    }

    @Test
    void whetherSomeoneIsRevokedIsToldToOwnersOnly() {
        assertThat(refusal(control.invite(as(STRANGER), ROOM, invitationOf(REVOKED))))
                .isEqualTo(new Rejection.RoomNotFound(ROOM));
        assertThat(refusal(control.invite(as(MEMBER), ROOM, invitationOf(REVOKED))))
                .isEqualTo(new Rejection.OwnerOnly(ROOM));
    }

    // Keys.

    @Test
    void keyIsForItsEndpointOnly() {
        assertThat(valueOf(control.key(as(MEMBER), ROOM, MEMBER, Optional.empty()))
                        .sealedKey())
                .isEqualTo(KEY);
        assertThat(refusal(control.key(as(OWNER), ROOM, MEMBER, Optional.empty())))
                .isEqualTo(new Rejection.KeyNotFound(MEMBER));
        assertThat(refusal(control.key(as(ADMIN), ROOM, MEMBER, Optional.empty())))
                .isEqualTo(new Rejection.KeyNotFound(MEMBER));
    }

    @Test
    void keyOfAnEpochThatIsNotThereIsNotFound() {
        assertThat(refusal(control.key(as(MEMBER), ROOM, MEMBER, Optional.of(new Epoch(2)))))
                .isEqualTo(new Rejection.KeyNotFound(MEMBER));
    }

    @Test
    void keysOfEarlierEpochsStay() {
        SealedKey second = SealedKey.of(new byte[] {2});
        valueOf(control.rekey(
                as(OWNER), ROOM, new RekeyRequest(new Epoch(2), Map.of(OWNER, second, MEMBER, second), List.of())));
        assertThat(valueOf(control.key(as(MEMBER), ROOM, MEMBER, Optional.empty()))
                        .sealedKey())
                .isEqualTo(second);
        assertThat(valueOf(control.key(as(MEMBER), ROOM, MEMBER, Optional.of(Epoch.FIRST)))
                        .sealedKey())
                .isEqualTo(KEY);
    }

    // Users.

    @Test
    void roomsOfAnEndpointAreForItselfAndForAdmins() {
        assertThat(valueOf(control.roomsOf(as(MEMBER), MEMBER)))
                .extracting(MemberRoom::roomId)
                .containsExactly(ROOM);
        assertThat(valueOf(control.roomsOf(as(ADMIN), MEMBER))).hasSize(1);
        assertThat(valueOf(control.roomsOf(as(ADMIN), STRANGER))).isEmpty();
        assertThat(valueOf(control.roomsOf(as(STRANGER), STRANGER))).isEmpty();
        assertThat(refusal(control.roomsOf(as(OWNER), MEMBER))).isEqualTo(new Rejection.MemberNotFound(MEMBER));
        assertThat(refusal(control.roomsOf(as(OWNER), STRANGER))).isEqualTo(new Rejection.MemberNotFound(STRANGER));
    }

    @Test
    void allowlistIsForAdmins() {
        Rejection adminOnly = new Rejection.AdminOnly();
        AddUserRequest request = new AddUserRequest(STRANGER, new Handle("new"), UserRole.MEMBER);
        assertThat(refusal(control.users(as(OWNER)))).isEqualTo(adminOnly);
        assertThat(refusal(control.addUser(as(OWNER), request))).isEqualTo(adminOnly);
        assertThat(refusal(control.revokeUser(as(OWNER), ADMIN))).isEqualTo(adminOnly);
        assertThat(valueOf(control.addUser(as(ADMIN), request)).createdAt()).isEqualTo(NOW_IN_MILLIS);
        assertThat(valueOf(control.users(as(ADMIN)))).extracting(User::endpoint).contains(STRANGER, ADMIN, REVOKED);
        assertThat(refusal(control.addUser(as(ADMIN), request))).isEqualTo(new Rejection.UserExists(STRANGER));
        assertThat(refusal(control.revokeUser(as(ADMIN), ADMIN))).isEqualTo(new Rejection.LastAdmin(ADMIN));
    }

    @Test
    void userRecordIsForItselfAndForAdmins() {
        valueOf(control.addUser(as(ADMIN), new AddUserRequest(MEMBER, new Handle("m"), UserRole.MEMBER)));
        assertThat(valueOf(control.user(as(MEMBER), MEMBER)).handle()).isEqualTo(new Handle("m"));
        assertThat(valueOf(control.user(as(ADMIN), MEMBER)).isActive()).isTrue();
        assertThat(refusal(control.user(as(OWNER), MEMBER))).isEqualTo(new Rejection.UserNotFound(MEMBER));
        assertThat(refusal(control.user(as(OWNER), OWNER))).isEqualTo(new Rejection.UserNotFound(OWNER));
        assertThat(refusal(control.user(as(ADMIN), STRANGER))).isEqualTo(new Rejection.UserNotFound(STRANGER));
    }

    // Races.

    @Test
    void staleCommitIsDecidedAnew() {
        interfere(() -> store.touch(ROOM));
        assertThat(valueOf(control.invite(as(OWNER), ROOM, invitationOf(STRANGER)))
                        .endpoint())
                .isEqualTo(STRANGER);
        assertThat(valueOf(control.members(as(OWNER), ROOM))).hasSize(3);
    }

    @Test
    void ownerWhoIsRemovedMeanwhileMayNotInvite() {
        valueOf(control.invite(
                as(OWNER), ROOM, new InviteRequest(STRANGER, MemberRole.OWNER, Epoch.FIRST, Optional.of(KEY))));
        interfere(() -> valueOf(control.removeMember(as(OWNER), ROOM, STRANGER)));
        assertThat(refusal(control.invite(as(STRANGER), ROOM, invitationOf(endpoint(9)))))
                .isEqualTo(new Rejection.RoomNotFound(ROOM));
        assertThat(valueOf(control.members(as(OWNER), ROOM))).hasSize(2);
    }

    @Test
    void invitationMadeForAnOlderEpochConflicts() {
        interfere(() -> valueOf(control.rekey(as(OWNER), ROOM, rekey(2))));
        assertThat(refusal(control.invite(as(OWNER), ROOM, invitationOf(STRANGER))))
                .isEqualTo(new Rejection.EpochConflict(new Epoch(2)));
    }

    @Test
    void ofTwoRekeysOneWinsWhole() {
        SealedKey winner = SealedKey.of(new byte[] {7});
        interfere(() -> valueOf(control.rekey(
                as(OWNER), ROOM, new RekeyRequest(new Epoch(2), Map.of(OWNER, winner, MEMBER, winner), List.of()))));
        assertThat(refusal(control.rekey(as(OWNER), ROOM, rekey(2))))
                .isEqualTo(new Rejection.EpochConflict(new Epoch(2)));
        assertThat(valueOf(control.key(as(MEMBER), ROOM, MEMBER, Optional.empty()))
                        .sealedKey())
                .isEqualTo(winner);
    }

    @Test
    void twoOwnersWhoRemoveEachOtherLeaveOne() {
        valueOf(control.invite(
                as(OWNER), ROOM, new InviteRequest(STRANGER, MemberRole.OWNER, Epoch.FIRST, Optional.of(KEY))));
        interfere(() -> valueOf(control.removeMember(as(STRANGER), ROOM, OWNER)));
        assertThat(refusal(control.removeMember(as(OWNER), ROOM, STRANGER)))
                .isEqualTo(new Rejection.RoomNotFound(ROOM));
        assertThat(valueOf(control.room(as(STRANGER), ROOM)).owner()).isEqualTo(STRANGER);
    }

    @Test
    void decidingAnewEndsWithTheOperationTimeout() {
        store.beforeEachCommit(() -> {
            nanos.addAndGet(OP_TIMEOUT.dividedBy(10).toNanos());
            store.touch(ROOM);
        });
        assertThatThrownBy(() -> control.invite(as(OWNER), ROOM, invitationOf(STRANGER)))
                .isInstanceOf(StoreUnavailableException.class)
                .hasMessageContaining("nothing was written");
        assertThat(nanos.get()).isEqualTo(OP_TIMEOUT.toNanos());
        store.beforeEachCommit(() -> {});
        assertThat(valueOf(control.members(as(OWNER), ROOM))).hasSize(2);
    }

    @Test
    void decisionOfAPausedProcessIsNotActedOn() {
        List<Runnable> writes = List.of(
                () -> control.addUser(as(ADMIN), new AddUserRequest(STRANGER, new Handle("s"), UserRole.MEMBER)),
                () -> control.revokeUser(as(ADMIN), MEMBER),
                () -> control.removeMember(as(OWNER), ROOM, MEMBER),
                () -> control.createRoom(
                        as(STRANGER),
                        new CreateRoomRequest(
                                Optional.empty(), Optional.empty(), RoomPolicy.DEFAULT, Map.of(STRANGER, KEY))));
        // The pause comes after the first reading that the write rests on.
        store.beforeEachCall(() -> nanos.addAndGet(OP_TIMEOUT.toNanos() + 1));
        assertThat(writes)
                .allSatisfy(write -> assertThatThrownBy(write::run).isInstanceOf(StoreUnavailableException.class));
        store.beforeEachCall(() -> {});
        assertThat(store.findUser(STRANGER)).isEmpty();
        assertThat(valueOf(control.members(as(OWNER), ROOM))).hasSize(2);
        assertThat(store.roomsOf(STRANGER)).isEmpty();
    }

    @Test
    void callerWhoIsRevokedBetweenAttemptsChangesNothing() {
        interfere(() -> {
            store.addUser(User.active(OWNER, new Handle("owner"), UserRole.MEMBER, NOW));
            store.revokeUser(OWNER, NOW);
            store.touch(ROOM);
        });
        assertThat(refusal(control.removeMember(as(OWNER), ROOM, MEMBER)))
                .isEqualTo(new Rejection.CallerRevoked(OWNER));
    }

    // What is audited.

    @Test
    void changesAreAuditedWithTheirAnswers() throws IOException {
        valueOf(control.removeMember(as(OWNER), ROOM, MEMBER));
        refusal(control.rekey(as(STRANGER), ROOM, rekey(2)));
        refusal(control.revokeUser(as(OWNER), ADMIN));
        valueOf(control.members(as(OWNER), ROOM));
        assertThat(audited())
                .containsExactly(
                        "room-created " + OWNER + " done 1",
                        "member-added " + OWNER + " done 2",
                        "member-removed " + OWNER + " done 3",
                        "room-rekeyed " + STRANGER + " room-not-found -1",
                        "user-revoked " + OWNER + " admin-only -1");
    }

    @Test
    void changeOfUnknownOutcomeIsAudited() throws IOException {
        store.beforeEachCommit(() -> {
            throw new OutcomeUnknownException("the disk is slow", null);
        });
        assertThatThrownBy(() -> control.removeMember(as(OWNER), ROOM, MEMBER))
                .isInstanceOf(OutcomeUnknownException.class);
        assertThat(audited()).last().isEqualTo("member-removed " + OWNER + " outcome-unknown -1");
    }

    @Test
    void refusalsOfOneCallerDoNotFillTheAuditLog() throws IOException {
        for (int i = 0; i < 10 * ChangeAudit.MOST_REFUSALS; i++) {
            refusal(control.rekey(as(STRANGER), ROOM, rekey(2)));
        }
        refusal(control.rekey(as(MEMBER), ROOM, rekey(2)));
        valueOf(control.createRoom(
                as(STRANGER),
                new CreateRoomRequest(Optional.empty(), Optional.empty(), RoomPolicy.DEFAULT, Map.of(STRANGER, KEY))));
        List<String> audited = audited();
        assertThat(audited).hasSize(2 + ChangeAudit.MOST_REFUSALS + 2);
        assertThat(audited.get(audited.size() - 2)).isEqualTo("room-rekeyed " + MEMBER + " owner-only -1");
        assertThat(audited.get(audited.size() - 1)).startsWith("room-created " + STRANGER + " done");
    }

    @Test
    void refusalsOfManyInventedCallersDoNotFillTheAuditLog() throws IOException {
        int before = audited().size();
        for (int i = 0; i < 10 * ChangeAudit.MOST_REFUSALS; i++) {
            AdmittedCaller invented =
                    valueOf(control.admit(endpoint(10 + i % 100), AdmittedCaller.Proof.NONE, "10.0.0.1"));
            refusal(control.rekey(invented, ROOM, rekey(2)));
        }
        assertThat(audited()).hasSize(before + ChangeAudit.MOST_REFUSALS);
        for (int i = 0; i < 20 * ChangeAudit.MOST_REFUSALS_OF_ALL; i++) {
            AdmittedCaller invented =
                    valueOf(control.admit(endpoint(9), AdmittedCaller.Proof.NONE, "10.0." + i / 250 + "." + i % 250));
            refusal(control.rekey(invented, ROOM, rekey(2)));
        }
        assertThat(audited()).hasSize(before + ChangeAudit.MOST_REFUSALS_OF_ALL);
    }

    @Test
    void refusedRequestCannotMakeALongLine() throws IOException {
        List<Endpoint> many = IntStream.range(0, 200)
                .mapToObj(number -> endpoint(10 + number % 200))
                .toList();
        refusal(control.rekey(as(STRANGER), ROOM, new RekeyRequest(new Epoch(2), Map.of(), many)));
        List<String> lines = Files.readAllLines(dataDir.resolve("audit.log"));
        JsonObject line = JsonObject.parse(lines.get(lines.size() - 1).getBytes(UTF_8));
        assertThat(line.strings("removed")).hasSize(100);
        assertThat(line.requiredLong("removed_more")).isEqualTo(100);
    }

    private List<String> audited() throws IOException {
        return Files.readAllLines(dataDir.resolve("audit.log")).stream()
                .map(line -> JsonObject.parse(line.getBytes(UTF_8)))
                .map(json -> json.requiredString("what") + " " + json.requiredString("by") + " "
                        + json.requiredString("answer") + " "
                        + json.number("revision").orElse(-1L))
                .toList();
    }

    private AdmittedCaller as(Endpoint endpoint) {
        return valueOf(control.admit(endpoint, AdmittedCaller.Proof.SIGNATURE, "127.0.0.1"));
    }

    private Outcome<AdmittedCaller> admit(BusAuth mode, Endpoint endpoint) {
        return controlWith(mode).admit(endpoint, AdmittedCaller.Proof.SIGNATURE, "127.0.0.1");
    }

    /** Lets the actions happen, one each, between the next decisions and their commits. */
    private void interfere(Runnable... actions) {
        Deque<Runnable> left = new ArrayDeque<>(List.of(actions));
        store.beforeEachCommit(() -> Optional.ofNullable(left.poll()).ifPresent(Runnable::run));
    }

    private static InviteRequest invitationOf(Endpoint endpoint) {
        return new InviteRequest(endpoint, MemberRole.MEMBER, Epoch.FIRST, Optional.of(KEY));
    }

    private static RekeyRequest rekey(long epoch) {
        return new RekeyRequest(new Epoch(epoch), Map.of(OWNER, KEY, MEMBER, KEY), List.of());
    }

    private static <T> T valueOf(Outcome<T> outcome) {
        assertThat(outcome).isInstanceOf(Outcome.Done.class);
        return ((Outcome.Done<T>) outcome).value();
    }

    private static Rejection refusal(Outcome<?> outcome) {
        assertThat(outcome).isInstanceOf(Outcome.Refused.class);
        return ((Outcome.Refused<?>) outcome).rejection();
    }

    private static Endpoint endpoint(int number) {
        byte[] key = new byte[32];
        Arrays.fill(key, (byte) number);
        return Endpoint.ofPublicKey(key);
    }
}
