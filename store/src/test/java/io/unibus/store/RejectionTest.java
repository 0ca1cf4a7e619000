package io.unibus.store;

import static io.unibus.store.StoreFixtures.endpoint;
import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.protocol.Epoch;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.Subject;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

final class RejectionTest {
    private static final RoomId ROOM = new RoomId("room-1");
    private static final List<Rejection> ALL = List.of(
            new Rejection.RoomNotFound(ROOM),
            new Rejection.MemberNotFound(endpoint(1)),
            new Rejection.KeyNotFound(endpoint(1)),
            new Rejection.UserNotFound(endpoint(1)),
            new Rejection.SubjectTaken(new Subject("chat")),
            new Rejection.RoomExists(ROOM),
            new Rejection.MemberExists(endpoint(1)),
            new Rejection.RoomFull(ROOM),
            new Rejection.EpochConflict(Epoch.FIRST),
            new Rejection.KeysDoNotCoverMembers(new TreeSet<>(), new TreeSet<>()),
            new Rejection.RekeyRequired(ROOM),
            new Rejection.RoomNotEncrypted(ROOM),
            new Rejection.LastOwner(endpoint(1)),
            new Rejection.UserExists(endpoint(1)),
            new Rejection.UserRevoked(endpoint(1)),
            new Rejection.LastAdmin(endpoint(1)),
            new Rejection.OwnerOnly(ROOM),
            new Rejection.AdminOnly(),
            new Rejection.CallerUnknown(endpoint(1)),
            new Rejection.CallerRevoked(endpoint(1)));

    @Test
    void theListHereIsComplete() {
        assertThat(ALL.stream().<Class<?>>map(Object::getClass))
                .containsExactlyInAnyOrderElementsOf(Arrays.asList(Rejection.class.getPermittedSubclasses()));
    }

    /**
     * Clients depend on them: a change here breaks the HTTP contract. Only {@code user-revoked} is there twice: of the caller, and
     * of somebody whom the caller names.
     */
    @Test
    void codesNeverChange() {
        assertThat(ALL)
                .extracting(Rejection::code)
                .containsExactly(
                        "room-not-found",
                        "member-not-found",
                        "key-not-found",
                        "user-not-found",
                        "subject-taken",
                        "room-exists",
                        "member-exists",
                        "room-full",
                        "epoch-conflict",
                        "keys-do-not-cover-members",
                        "rekey-required",
                        "room-not-encrypted",
                        "last-owner",
                        "user-exists",
                        "user-revoked",
                        "last-admin",
                        "owner-only",
                        "admin-only",
                        "user-unknown",
                        "user-revoked");
    }

    @Test
    void detailsAreSentences() {
        assertThat(ALL).extracting(Rejection::detail).allMatch(detail -> detail.matches("\\S.*\\."));
    }
}
