package io.unibus.store.jetstream;

import static io.unibus.store.StoreFixtures.encryptedRoom;
import static io.unibus.store.StoreFixtures.endpoint;
import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.MemberRoom;
import io.unibus.protocol.RoomId;
import java.time.Instant;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Rooms in memory, whatever the feed tells of them. */
final class RoomViewTest {
    private static final Endpoint ALICE = endpoint(1);
    private static final RoomId ONE = new RoomId("one");
    private static final RoomId TWO = new RoomId("two");

    private final RoomView view = new RoomView();

    @Test
    void roomWhoseRecordIsRemovedIsInNoListOfRooms() {
        apply(1, ONE);
        apply(2, TWO);
        remove(3, ONE);
        assertThat(view.state(ONE)).isEmpty();
        assertThat(view.markerRevision(ONE)).isEqualTo(3);
        assertThat(view.roomsOf(ALICE)).extracting(MemberRoom::roomId).containsExactly(TWO);
        remove(4, TWO);
        assertThat(view.roomsOf(ALICE)).isEmpty();
        apply(5, ONE);
        assertThat(view.roomsOf(ALICE)).extracting(MemberRoom::roomId).containsExactly(ONE);
    }

    @Test
    void bucketThatIsReadAnewLeavesNothingBehind() {
        apply(1, ONE);
        view.clear();
        assertThat(view.roomsOf(ALICE)).isEmpty();
        apply(1, TWO);
        assertThat(view.roomsOf(ALICE)).extracting(MemberRoom::roomId).containsExactly(TWO);
        assertThat(view.takeChanged()).as("all is new").isEmpty();
    }

    @Test
    void membershipsThatChangedAreTakenOnce() {
        apply(1, ONE);
        assertThat(view.takeChanged()).contains(Set.of(new Keys.OfMember(ONE, ALICE)));
        assertThat(view.takeChanged()).contains(Set.of());
        apply(2, ONE);
        assertThat(view.takeChanged()).as("the same again").contains(Set.of());
        remove(3, ONE);
        assertThat(view.takeChanged()).contains(Set.of(new Keys.OfMember(ONE, ALICE)));
    }

    @Test
    void observerSeesItsChangeAlsoWhenOthersFollow() {
        try (RoomView.ChangeObserver observer = view.observe("change-1")) {
            apply(1, ONE);
            remove(2, ONE);
            assertThat(observer.revision()).hasValue(1);
            assertThat(observer.hasSeenAll()).isTrue();
            apply(4, TWO);
            assertThat(observer.hasSeenAll()).as("a write was skipped").isFalse();
        }
    }

    private void apply(long revision, RoomId room) {
        byte[] record = RoomRecord.created(encryptedRoom(room, ALICE), "change-" + revision, "set")
                .toVerifiedJson();
        view.apply(new Entry(Keys.room(room), record, revision, false, Instant.EPOCH));
    }

    private void remove(long revision, RoomId room) {
        view.apply(new Entry(Keys.room(room), new byte[0], revision, true, Instant.EPOCH));
    }
}
