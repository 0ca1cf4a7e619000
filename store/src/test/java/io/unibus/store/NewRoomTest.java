package io.unibus.store;

import static io.unibus.store.StoreFixtures.ENCRYPTED;
import static io.unibus.store.StoreFixtures.NOW;
import static io.unibus.store.StoreFixtures.OPEN;
import static io.unibus.store.StoreFixtures.done;
import static io.unibus.store.StoreFixtures.endpoint;
import static io.unibus.store.StoreFixtures.keysBy;
import static io.unibus.store.StoreFixtures.refusal;
import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.protocol.CreateRoomRequest;
import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.Member;
import io.unibus.protocol.MemberRole;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.RoomPolicy;
import io.unibus.protocol.Subject;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

final class NewRoomTest {
    private static final Endpoint ALICE = endpoint(1);
    private static final Endpoint BOB = endpoint(2);
    private static final RoomId ROOM = new RoomId("room-1");

    @Test
    void creatorIsOwnerAndFirstMemberAtEpochOne() {
        NewRoom room = done(decide(ENCRYPTED, ALICE));
        assertThat(room.room().epoch()).isEqualTo(Epoch.FIRST);
        assertThat(room.room().owner()).isEqualTo(ALICE);
        assertThat(room.room().rekeyRequired()).isFalse();
        assertThat(room.room().createdAt()).isEqualTo(NOW);
        assertThat(room.room().updatedAt()).isEqualTo(NOW);
        assertThat(room.owner()).isEqualTo(new Member(ALICE, MemberRole.OWNER, NOW));
        assertThat(room.keys()).isEqualTo(keysBy("a", List.of(ALICE)));
    }

    @Test
    void subjectComesFromTheRoomIdWhenThereIsNone() {
        assertThat(done(decide(OPEN)).room().subject()).isEqualTo(new Subject("room.room-1"));
        CreateRoomRequest request = request(Optional.of(new Subject("chat")), OPEN);
        assertThat(done(NewRoom.decide(request, ROOM, ALICE, NOW)).room().subject())
                .isEqualTo(new Subject("chat"));
    }

    @Test
    void encryptedRoomNeedsTheCreatorsKeyAndNoOther() {
        assertThat(refusal(decide(ENCRYPTED))).isEqualTo(cover(List.of(ALICE), List.of()));
        assertThat(refusal(decide(ENCRYPTED, BOB))).isEqualTo(cover(List.of(ALICE), List.of(BOB)));
        assertThat(refusal(decide(ENCRYPTED, ALICE, BOB))).isEqualTo(cover(List.of(), List.of(BOB)));
    }

    @Test
    void otherRoomTakesNoKeys() {
        assertThat(done(decide(OPEN)).keys()).isEmpty();
        assertThat(refusal(decide(OPEN, ALICE))).isEqualTo(cover(List.of(), List.of(ALICE)));
    }

    private static Outcome<NewRoom> decide(RoomPolicy policy, Endpoint... keys) {
        return NewRoom.decide(request(Optional.empty(), policy, keys), ROOM, ALICE, NOW);
    }

    private static CreateRoomRequest request(Optional<Subject> subject, RoomPolicy policy, Endpoint... keys) {
        return new CreateRoomRequest(Optional.of(ROOM), subject, policy, keysBy("a", List.of(keys)));
    }

    private static Rejection cover(List<Endpoint> missing, List<Endpoint> extra) {
        return new Rejection.KeysDoNotCoverMembers(new TreeSet<>(missing), new TreeSet<>(extra));
    }
}
