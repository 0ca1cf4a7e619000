package io.unibus.cluster;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.SealedKey;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A change of an encrypted room that a client asked for.
 *
 * @param epoch in which it was made; of a rekey the new one
 * @param keys that it gives to members
 * @param outcome what the client knows of it
 * @param answer with which it was refused; empty when it was not
 */
record RoomChange(
        Kind kind,
        Endpoint author,
        long epoch,
        Map<Endpoint, SealedKey> keys,
        Set<Endpoint> joining,
        Set<Endpoint> leaving,
        Outcome outcome,
        String answer) {

    enum Kind {
        CREATE,
        INVITE,
        REMOVE,
        REKEY
    }

    enum Outcome {
        ACKNOWLEDGED,
        /** The answer did not come, and it has happened whole or not at all. */
        UNANSWERED,
        /** A node said that it was not done, and it has not happened at all. */
        REFUSED
    }

    RoomChange {
        keys = Map.copyOf(keys);
        joining = Set.copyOf(joining);
        leaving = Set.copyOf(leaving);
    }

    static RoomChange create(Endpoint author, SealedKey key) {
        return new RoomChange(
                Kind.CREATE, author, 1, Map.of(author, key), Set.of(author), Set.of(), Outcome.ACKNOWLEDGED, "");
    }

    static RoomChange invite(Endpoint author, long epoch, Endpoint endpoint, SealedKey key) {
        return new RoomChange(
                Kind.INVITE,
                author,
                epoch,
                Map.of(endpoint, key),
                Set.of(endpoint),
                Set.of(),
                Outcome.ACKNOWLEDGED,
                "");
    }

    static RoomChange remove(Endpoint author, long epoch, Endpoint endpoint) {
        return new RoomChange(
                Kind.REMOVE, author, epoch, Map.of(), Set.of(), Set.of(endpoint), Outcome.ACKNOWLEDGED, "");
    }

    static RoomChange rekey(Endpoint author, long epoch, Map<Endpoint, SealedKey> keys, Collection<Endpoint> leaving) {
        return new RoomChange(Kind.REKEY, author, epoch, keys, Set.of(), Set.copyOf(leaving), Outcome.ACKNOWLEDGED, "");
    }

    RoomChange unanswered() {
        return with(Outcome.UNANSWERED, "");
    }

    /** Returns this change as one that was refused with {@code said}, like {@code 409 epoch-conflict}. */
    RoomChange refused(String said) {
        return with(Outcome.REFUSED, said);
    }

    private RoomChange with(Outcome known, String said) {
        return new RoomChange(kind, author, epoch, keys, joining, leaving, known, said);
    }

    boolean acknowledged() {
        return outcome == Outcome.ACKNOWLEDGED;
    }

    boolean isRefused() {
        return outcome == Outcome.REFUSED;
    }

    boolean gives(Endpoint endpoint, SealedKey key) {
        return Optional.ofNullable(keys.get(endpoint)).filter(key::equals).isPresent();
    }

    boolean beginsEpoch() {
        return kind == Kind.CREATE || kind == Kind.REKEY;
    }
}
