package io.unibus.store.jetstream;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.MalformedException;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/**
 * The sets of sealed keys that one epoch of a room points at. Each has a random name and is written before the record that
 * points at it, so that those of writers that lost or died are never read. Immutable.
 *
 * @param name of the set that came with the rekey, or with the creation of the room
 * @param joiners the set of each endpoint that was invited in this epoch, whether or not it is still a member
 */
record KeySets(String name, SortedMap<Endpoint, String> joiners) {
    private static final int KEY_LENGTH = 43;

    KeySets {
        joiners = Collections.unmodifiableSortedMap(new TreeMap<>(joiners));
    }

    KeySets(String name, Map<Endpoint, String> joiners) {
        this(name, new TreeMap<>(joiners));
    }

    /** Returns those of an epoch in which nobody was invited yet. */
    static KeySets of(String name) {
        return new KeySets(name, Collections.emptySortedMap());
    }

    /** Returns these and the sets of more joiners. */
    KeySets with(Map<Endpoint, String> more) {
        SortedMap<Endpoint, String> all = new TreeMap<>(joiners);
        all.putAll(more);
        return new KeySets(name, all);
    }

    /** Returns the name of the set in which the key of an endpoint is to be looked for. */
    String nameFor(Endpoint endpoint) {
        return joiners.getOrDefault(endpoint, name);
    }

    /** Returns the joiners as lines of 43 characters of public key and the name of the set. */
    static List<String> joinerLines(Map<Endpoint, String> joiners) {
        return joiners.entrySet().stream()
                .map(joiner -> MemberLine.text(joiner.getKey()) + joiner.getValue())
                .toList();
    }

    /** Reads what {@link #joinerLines} wrote. @throws MalformedException when it has another form */
    static Map<Endpoint, String> parseJoiners(List<String> lines, UnaryOperator<Endpoint> interned) {
        Map<Endpoint, String> joiners = new TreeMap<>();
        for (String line : lines) {
            if (line.length() <= KEY_LENGTH) {
                throw new MalformedException("json", "this names no set of keys: " + line);
            }
            joiners.put(
                    interned.apply(MemberLine.parseEndpoint(line.substring(0, KEY_LENGTH))),
                    line.substring(KEY_LENGTH));
        }
        return joiners;
    }
}
