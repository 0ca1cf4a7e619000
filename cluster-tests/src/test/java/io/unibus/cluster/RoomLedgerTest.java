package io.unibus.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.unibus.client.Identity;
import io.unibus.protocol.Endpoint;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.SealedKey;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The ledger of a room sees what is wrong with it, and nothing else. */
final class RoomLedgerTest {
    private static final RoomId ROOM = new RoomId("room");
    private static final String CONFLICT = "409 epoch-conflict";

    private final Random random = new Random(7);
    private final Endpoint alice = endpoint();
    private final Endpoint bob = endpoint();
    private final List<Endpoint> everyone = List.of(alice, bob);
    private final RoomLedger ledger = new RoomLedger(ROOM, 0);
    private final FakeView view = new FakeView();
    private final SealedKey first = key(alice, 1, alice);
    private final Map<Endpoint, SealedKey> seconds = Map.of(alice, key(bob, 2, alice), bob, key(bob, 2, bob));

    /** Alice made it, Bob came, and Bob changed the key. */
    private void makeSound() {
        SealedKey invitation = key(alice, 1, bob);
        ledger.add(RoomChange.create(alice, first));
        ledger.add(RoomChange.invite(alice, 1, bob, invitation));
        ledger.add(RoomChange.rekey(bob, 2, seconds, Set.of()));
        view.room = Optional.of(new RoomView.Found(2, false, new TreeSet<>(everyone)));
        view.keys.put("1 " + alice, first);
        view.keys.put("1 " + bob, invitation);
        seconds.forEach((endpoint, key) -> view.keys.put("2 " + endpoint, key));
    }

    @Test
    void aSoundRoomPasses() {
        makeSound();
        assertPasses();
    }

    @Test
    void aLostRoomIsSeen() {
        makeSound();
        view.room = Optional.empty();
        assertFails("does not exist");
    }

    @Test
    void aLostRekeyIsSeen() {
        makeSound();
        view.room = Optional.of(new RoomView.Found(1, false, new TreeSet<>(everyone)));
        assertFails("lost");
    }

    @Test
    void anEpochThatNobodyBeganIsSeen() {
        makeSound();
        view.room = Optional.of(new RoomView.Found(3, false, new TreeSet<>(everyone)));
        assertFails("may have begun epoch 3");
    }

    @Test
    void twoWinnersOfAnEpochAreSeen() {
        makeSound();
        ledger.add(RoomChange.rekey(alice, 2, Map.of(alice, key(alice, 2, alice)), Set.of(bob)));
        assertFails("authors of epoch 2");
    }

    @Test
    void aKeyOfALoserIsSeen() {
        makeSound();
        view.keys.put("2 " + alice, key(alice, 2, alice));
        assertFails("who gave to");
    }

    @Test
    void aMissingKeyIsSeen() {
        makeSound();
        view.keys.remove("2 " + alice);
        assertFails("has its key of epoch 2");
    }

    @Test
    void aLostMemberIsSeen() {
        makeSound();
        view.room = Optional.of(new RoomView.Found(2, true, new TreeSet<>(Set.of(alice))));
        assertFails("is a member");
    }

    @Test
    void aMemberWithoutAKeyIsSeen() {
        makeSound();
        Endpoint carol = endpoint();
        view.room = Optional.of(new RoomView.Found(2, false, new TreeSet<>(List.of(alice, bob, carol))));
        assertThatThrownBy(() -> ledger.check(view, view.room, List.of(alice, bob, carol), true))
                .isInstanceOf(AssertionError.class);
    }

    @Test
    void anUnansweredRekeyMayHaveHappenedOrNot() {
        makeSound();
        Map<Endpoint, SealedKey> thirds = Map.of(alice, key(alice, 3, alice));
        ledger.add(RoomChange.rekey(alice, 3, thirds, Set.of(bob)).unanswered());
        assertPasses();
        view.room = Optional.of(new RoomView.Found(3, false, new TreeSet<>(Set.of(alice))));
        thirds.forEach((endpoint, key) -> view.keys.put("3 " + endpoint, key));
        assertPasses();
        view.room = Optional.of(new RoomView.Found(3, false, new TreeSet<>(everyone)));
        assertFails("is a member");
    }

    @Test
    void anUnansweredRemovalMayHaveHappenedOrNot() {
        makeSound();
        ledger.add(RoomChange.remove(alice, 2, bob).unanswered());
        assertPasses();
        view.room = Optional.of(new RoomView.Found(2, true, new TreeSet<>(Set.of(alice))));
        assertPasses();
        view.room = Optional.of(new RoomView.Found(2, false, new TreeSet<>(Set.of(alice))));
        assertFails("members of");
    }

    @Test
    void aRefusedRekeyThatWasAppliedIsSeen() {
        makeSound();
        Map<Endpoint, SealedKey> thirds = Map.of(alice, key(alice, 3, alice), bob, key(alice, 3, bob));
        ledger.add(RoomChange.rekey(alice, 3, thirds, Set.of()).refused(CONFLICT));
        assertPasses();
        view.room = Optional.of(new RoomView.Found(3, false, new TreeSet<>(everyone)));
        thirds.forEach((endpoint, key) -> view.keys.put("3 " + endpoint, key));
        assertFails("refused (409 epoch-conflict) and applied");
    }

    @Test
    void aRefusedRekeyThatWasAppliedIsSeenInAPastEpoch() {
        makeSound();
        Map<Endpoint, SealedKey> refused = Map.of(alice, key(alice, 2, alice), bob, key(alice, 2, bob));
        ledger.add(RoomChange.rekey(alice, 2, refused, Set.of()).refused(CONFLICT));
        Map<Endpoint, SealedKey> thirds = Map.of(alice, key(alice, 3, alice), bob, key(alice, 3, bob));
        ledger.add(RoomChange.rekey(alice, 3, thirds, Set.of()));
        view.room = Optional.of(new RoomView.Found(3, false, new TreeSet<>(everyone)));
        thirds.forEach((endpoint, key) -> view.keys.put("3 " + endpoint, key));
        assertPasses();
        refused.forEach((endpoint, key) -> view.keys.put("2 " + endpoint, key));
        assertFails("refused (409 epoch-conflict) and applied");
    }

    @Test
    void aRefusedInvitationThatWasAppliedIsSeen() {
        ledger.add(RoomChange.create(alice, first));
        SealedKey invitation = key(alice, 1, bob);
        ledger.add(RoomChange.invite(alice, 1, bob, invitation).refused(CONFLICT));
        view.room = Optional.of(new RoomView.Found(1, false, new TreeSet<>(Set.of(alice))));
        view.keys.put("1 " + alice, first);
        assertPasses();
        view.room = Optional.of(new RoomView.Found(1, false, new TreeSet<>(everyone)));
        view.keys.put("1 " + bob, invitation);
        assertFails("refused (409 epoch-conflict) and applied");
    }

    @Test
    void aRefusedRemovalThatWasAppliedIsSeen() {
        makeSound();
        ledger.add(RoomChange.remove(alice, 2, bob).refused(CONFLICT));
        assertPasses();
        view.room = Optional.of(new RoomView.Found(2, true, new TreeSet<>(Set.of(alice))));
        assertFails("is a member");
    }

    @Test
    void aRefusedCreationThatWasAppliedIsSeen() {
        ledger.add(RoomChange.create(alice, first).refused(CONFLICT));
        assertPasses();
        view.room = Optional.of(new RoomView.Found(1, false, new TreeSet<>(Set.of(alice))));
        view.keys.put("1 " + alice, first);
        assertFails("refused (409 epoch-conflict) and applied");
    }

    @Test
    void roomsWhoseCreationWasRefusedAreLookedForAndNotWorkedOn() {
        Ledgers ledgers = new Ledgers();
        ledgers.addRefused(ROOM, RoomChange.create(alice, first).refused(CONFLICT));
        assertThat(ledgers.anyOfLast(1, random)).isEmpty();
        assertThat(ledgers.refusals()).isEqualTo(1);
        assertThatCode(() -> ledgers.check(view, everyone)).doesNotThrowAnyException();
        view.room = Optional.of(new RoomView.Found(1, false, new TreeSet<>(Set.of(alice))));
        assertThatThrownBy(() -> ledgers.check(view, everyone))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("refused (409 epoch-conflict) and applied");
    }

    private void assertPasses() {
        assertThatCode(() -> ledger.check(view, view.room, everyone, true)).doesNotThrowAnyException();
    }

    private void assertFails(String words) {
        assertThatThrownBy(() -> ledger.check(view, view.room, everyone, true))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining(words);
    }

    private Endpoint endpoint() {
        return Identity.generate(Randoms.secure(random)).endpoint();
    }

    private SealedKey key(Endpoint author, long epoch, Endpoint recipient) {
        return FakeKey.of(author, epoch, recipient, random);
    }

    /** Shows keys to members, as a node does. */
    private static final class FakeView implements RoomView {
        private Optional<Found> room = Optional.empty();
        private final Map<String, SealedKey> keys = new HashMap<>();

        @Override
        public Optional<Found> room(RoomId id, Collection<Endpoint> candidates) {
            return room;
        }

        @Override
        public Optional<SealedKey> key(RoomId id, long epoch, Endpoint endpoint) {
            return Optional.ofNullable(keys.get(epoch + " " + endpoint));
        }

        @Override
        public boolean showsKeysOf(Found found, Endpoint endpoint) {
            return found.members().contains(endpoint);
        }

        @Override
        public Set<RoomId> roomsOf(Endpoint endpoint) {
            return Set.of();
        }
    }
}
