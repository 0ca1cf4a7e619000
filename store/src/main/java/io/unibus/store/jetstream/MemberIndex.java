package io.unibus.store.jetstream;

import io.unibus.protocol.MalformedException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * Makes the bucket {@code rooms_by_member} say what the members bucket says. Idempotent, on any number of nodes at once.
 * Not thread-safe. While it reads the whole bucket it holds one small object for each membership.
 */
final class MemberIndex {
    private final Buckets buckets;
    private final RoomView view;
    private final EachItem each;
    private final Scan scan;
    private final Suspects<Keys.OfMember> suspects;
    /** Whether the bucket lists them, which is not what the members say. */
    private final Map<Keys.OfMember, Boolean> wrong = new HashMap<>();

    MemberIndex(Buckets buckets, RoomView view, EachItem each, Duration grace, LongSupplier nanoTime) {
        this.buckets = buckets;
        this.view = view;
        this.each = each;
        this.scan = new Scan(buckets.reads(), Bucket.ROOMS_BY_MEMBER);
        this.suspects = new Suspects<>(grace, nanoTime);
    }

    /** To be called when the view was confirmed a moment ago; returns how many entries were put right. */
    int repair() {
        Set<Keys.OfMember> unseen = new HashSet<>();
        if (scan.isWhole()) {
            view.forEachMembership(unseen::add);
        }
        scan.run(entry -> look(entry, unseen));
        unseen.forEach(key -> wrong.put(key, false));
        wrong.entrySet().removeIf(entry -> entry.getValue() == isMember(entry.getKey()));
        int repaired = 0;
        for (Keys.OfMember key : suspects.stillWrong(wrong.keySet())) {
            repaired += each.run(key, () -> repair(key)) ? 1 : 0;
        }
        return repaired;
    }

    private boolean repair(Keys.OfMember key) {
        boolean repaired = putRight(key);
        wrong.remove(key);
        return repaired;
    }

    private void look(Entry entry, Set<Keys.OfMember> unseen) {
        Keys.OfMember key;
        try {
            key = Keys.parseRoomByMember(entry.key());
        } catch (MalformedException e) {
            return; // not this version's, so not for it to judge
        }
        unseen.remove(key);
        if (entry.deleted() == isMember(key)) {
            wrong.put(key, !entry.deleted());
        } else {
            wrong.remove(key);
        }
    }

    private boolean putRight(Keys.OfMember key) {
        String name = Keys.roomByMember(key.endpoint(), key.room());
        Optional<Entry> entry = buckets.reads().atLeader(Bucket.ROOMS_BY_MEMBER, name);
        boolean listed = entry.filter(found -> !found.deleted()).isPresent();
        OptionalLong version = view.membership(key.room(), key.endpoint());
        if (listed == version.isPresent()) {
            return false;
        }
        Expectation expected = new Expectation.KeyAt(entry.map(Entry::revision).orElse(0L));
        return (listed
                        ? buckets.delete(Bucket.ROOMS_BY_MEMBER, name, expected)
                        : buckets.put(Bucket.ROOMS_BY_MEMBER, name, Settling.indexEntry(version.getAsLong()), expected))
                .isPresent();
    }

    private boolean isMember(Keys.OfMember key) {
        return view.membership(key.room(), key.endpoint()).isPresent();
    }
}
