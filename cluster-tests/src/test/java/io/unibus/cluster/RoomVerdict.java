package io.unibus.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.SealedKey;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** One comparison of a room with the changes that clients made; fails at the first contradiction. One thread. */
final class RoomVerdict {
    private final RoomId id;
    private final RoomView.Found room;
    private final List<RoomChange> changes;
    /** Whoever made each epoch, where that is certain. */
    private final Map<Long, RoomChange> winners = new TreeMap<>();
    /** Keys by epoch, as far as the view shows them. */
    private final Map<Long, Map<Endpoint, SealedKey>> keys = new TreeMap<>();

    RoomVerdict(RoomId id, RoomView.Found room, List<RoomChange> changes) {
        this.id = id;
        this.room = room;
        this.changes = changes;
    }

    /** One winner, and all keys are either the winner's, all of them, or those of invitations in that epoch. */
    void judgeEpoch(long epoch, Map<Endpoint, SealedKey> found) {
        keys.put(epoch, found);
        List<RoomChange> candidates = of(change -> change.beginsEpoch() && change.epoch() == epoch);
        List<RoomChange> proven = candidates.stream()
                .filter(change -> change.acknowledged() || RoomLedger.isProof(change, found))
                .toList();
        assertThat(proven).as("authors of epoch %d of %s", epoch, id).hasSizeLessThanOrEqualTo(1);
        assertThat(candidates)
                .as("changes that may have begun epoch %d of %s", epoch, id)
                .isNotEmpty();
        Optional<RoomChange> winner = proven.isEmpty() && candidates.size() == 1
                ? Optional.of(candidates.get(0))
                : proven.stream().findFirst();
        winner.ifPresent(change -> winners.put(epoch, change));
        List<RoomChange> invitations = invitations(epoch);
        found.forEach((endpoint, key) -> assertThat(Stream.concat(winner.stream(), invitations.stream()))
                .as("who gave to %s in epoch %d of %s: %s", endpoint, epoch, id, FakeKey.describe(key))
                .anyMatch(change -> change.gives(endpoint, key)));
        Stream.concat(winner.stream(), invitations.stream().filter(RoomChange::acknowledged))
                .forEach(change -> change.keys()
                        .forEach((endpoint, key) -> assertThat(found.containsKey(endpoint) || isHidden(endpoint))
                                .as("%s has its key of epoch %d of %s", endpoint, epoch, id)
                                .isTrue()));
    }

    /** Keys of those who are no members are not shown over HTTP. */
    private boolean isHidden(Endpoint endpoint) {
        return !room.members().contains(endpoint);
    }

    /** To be called when all epochs were judged. */
    void judgeMembers(Collection<Endpoint> everyone) {
        assertThat(everyone).as("members of %s", id).containsAll(room.members());
        for (Endpoint endpoint : everyone) {
            int known = count(endpoint, change -> hasHappened(change) == Certainty.YES);
            int least = known - leaving(endpoint, change -> hasHappened(change) == Certainty.MAYBE);
            int most = known + joining(endpoint, change -> hasHappened(change) == Certainty.MAYBE);
            assertThat(room.members().contains(endpoint) ? 1 : 0)
                    .as("whether %s is a member of %s", endpoint, id)
                    .isBetween(least, most);
        }
        judgeCover();
    }

    private void judgeCover() {
        RoomChange winner = winners.get(room.epoch());
        if (winner == null) {
            return;
        }
        Set<Endpoint> certain = new TreeSet<>(winner.keys().keySet());
        Set<Endpoint> possible = new TreeSet<>(certain);
        for (RoomChange invitation : invitations(room.epoch())) {
            possible.addAll(invitation.joining());
            if (invitation.acknowledged()) {
                certain.addAll(invitation.joining());
            }
        }
        assertThat(possible).as("holders of the key of %s", id).containsAll(room.members());
        if (!room.rekeyRequired()) {
            assertThat(room.members()).as("members of %s", id).containsAll(certain);
        }
    }

    private enum Certainty {
        YES,
        MAYBE,
        NO
    }

    private Certainty hasHappened(RoomChange change) {
        if (change.acknowledged()) {
            return Certainty.YES;
        }
        if (change.epoch() > room.epoch()) {
            return Certainty.NO;
        }
        if (change.beginsEpoch()) {
            RoomChange winner = winners.get(change.epoch());
            if (winner == null) {
                return Certainty.MAYBE;
            }
            return winner.equals(change) ? Certainty.YES : Certainty.NO;
        }
        Map<Endpoint, SealedKey> found =
                Optional.ofNullable(keys.get(change.epoch())).orElse(Map.of());
        return RoomLedger.isProof(change, found) ? Certainty.YES : Certainty.MAYBE;
    }

    private int count(Endpoint endpoint, Predicate<RoomChange> condition) {
        return joining(endpoint, condition) - leaving(endpoint, condition);
    }

    private int joining(Endpoint endpoint, Predicate<RoomChange> condition) {
        return of(condition.and(change -> change.joining().contains(endpoint))).size();
    }

    private int leaving(Endpoint endpoint, Predicate<RoomChange> condition) {
        return of(condition.and(change -> change.leaving().contains(endpoint))).size();
    }

    private List<RoomChange> invitations(long epoch) {
        return of(change -> change.kind() == RoomChange.Kind.INVITE && change.epoch() == epoch);
    }

    private List<RoomChange> of(Predicate<RoomChange> condition) {
        return changes.stream().filter(condition).collect(Collectors.toList());
    }
}
