package io.unibus.node.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.RoomId;
import io.unibus.store.ChangePosition;
import io.unibus.store.ChangeSource;
import io.unibus.store.StoreChange;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuditLogTest {
    private static final Instant NOW = Instant.parse("2026-11-21T08:50:00.123456Z");
    private static final RoomId ROOM = new RoomId("team");
    private static final AskedChange.Asker ALICE = new AskedChange.Asker("UALICE", "signature", "10.0.0.7");

    @TempDir
    private Path directory;

    @Test
    void linesAreThoseOfTheDocumentation() throws IOException {
        Endpoint bob = endpoint(2);
        try (AuditLog log = AuditLog.ofNode(directory, "one", () -> NOW)) {
            log.started("1.0", "kv", "enforce");
            log.asked(
                    ALICE,
                    AskedChange.ofMember(StoreChange.Kind.MEMBER_ADDED, ROOM, bob, Optional.of("owner")),
                    AskedChange.DONE,
                    OptionalLong.of(7));
            log.asked(
                    ALICE,
                    AskedChange.ofRekey(ROOM, new Epoch(2), Arrays.asList(bob)),
                    "owner-only",
                    OptionalLong.empty());
            log.changed(StoreChange.ofMember(
                    ChangeSource.ROOMS, 7, StoreChange.Kind.MEMBER_ADDED, ROOM, bob, Optional.of("owner")));
        }
        try (AuditLog log = AuditLog.ofCommand(directory, () -> NOW)) {
            log.asked(
                    new AskedChange.Asker("host", "host", "root"),
                    AskedChange.ofUser(StoreChange.Kind.USER_REVOKED, bob, Optional.empty()),
                    "last-admin",
                    OptionalLong.empty());
        }
        String time = "{\"time\":\"2026-11-21T08:50:00.123Z\",";
        assertThat(Files.readAllLines(directory.resolve("audit.log")))
                .containsExactly(
                        time
                                + "\"node\":\"one\",\"kind\":\"started\",\"version\":\"1.0\",\"store\":\"kv\",\"bus_auth\":\"enforce\"}",
                        time
                                + "\"node\":\"one\",\"kind\":\"asked\",\"by\":\"UALICE\",\"proof\":\"signature\",\"from\":\"10.0.0.7\","
                                + "\"what\":\"member-added\",\"room\":\"team\",\"endpoint\":\"" + bob
                                + "\",\"role\":\"owner\",\"answer\":\"done\",\"revision\":7}",
                        time
                                + "\"node\":\"one\",\"kind\":\"asked\",\"by\":\"UALICE\",\"proof\":\"signature\",\"from\":\"10.0.0.7\","
                                + "\"what\":\"room-rekeyed\",\"room\":\"team\",\"epoch\":2,\"removed\":[\"" + bob
                                + "\"],\"answer\":\"owner-only\"}",
                        time
                                + "\"node\":\"one\",\"kind\":\"changed\",\"what\":\"member-added\",\"room\":\"team\",\"endpoint\":\""
                                + bob + "\",\"role\":\"owner\",\"source\":\"rooms\",\"revision\":7}",
                        time
                                + "\"kind\":\"asked\",\"by\":\"host\",\"proof\":\"host\",\"from\":\"root\",\"what\":\"user-revoked\","
                                + "\"endpoint\":\"" + bob + "\",\"answer\":\"last-admin\"}");
    }

    @Test
    void nextRunFollowsTheStoreFromWhereTheLogEnds() throws IOException {
        assertThat(AuditLog.positionIn(directory)).isEqualTo(ChangePosition.NONE);
        try (AuditLog log = AuditLog.ofNode(directory, "one", () -> NOW)) {
            log.startsAfter(ChangeSource.USERS, 3);
            log.changed(change(ChangeSource.ROOMS, 41));
            log.changed(change(ChangeSource.ROOMS, 43));
        }
        Files.move(directory.resolve("audit.log"), directory.resolve("audit.log.1"));
        assertThat(AuditLog.positionIn(directory)).isEqualTo(position(43, 3));
        try (AuditLog log = AuditLog.ofNode(directory, "one", () -> NOW)) {
            log.changed(change(ChangeSource.ROOMS, 44));
        }
        assertThat(AuditLog.positionIn(directory)).isEqualTo(position(44, 3));
    }

    @Test
    void lineThatBrokeOffSaysNothing() throws IOException {
        Files.writeString(
                directory.resolve("audit.log"),
                "{\"source\":\"rooms\",\"revision\":12}\n{\"source\":\"users\",\"revision\":2}\n{\"source\":\"rooms\",\"revision\":1");
        assertThat(AuditLog.positionIn(directory)).isEqualTo(position(12, 2));
    }

    private static ChangePosition position(long rooms, long users) {
        return ChangePosition.NONE.with(ChangeSource.ROOMS, rooms).with(ChangeSource.USERS, users);
    }

    private static StoreChange change(ChangeSource source, long revision) {
        return StoreChange.ofRoom(source, revision, StoreChange.Kind.ROOM_REKEYED, ROOM, Optional.of(new Epoch(2)));
    }

    private static Endpoint endpoint(int number) {
        byte[] key = new byte[32];
        Arrays.fill(key, (byte) number);
        return Endpoint.ofPublicKey(key);
    }
}
