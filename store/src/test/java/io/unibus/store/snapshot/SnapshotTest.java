package io.unibus.store.snapshot;

import static io.unibus.store.StoreFixtures.admin;
import static io.unibus.store.StoreFixtures.done;
import static io.unibus.store.StoreFixtures.encryptedRoom;
import static io.unibus.store.StoreFixtures.endpoint;
import static io.unibus.store.StoreFixtures.member;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.unibus.protocol.RoomId;
import io.unibus.store.StoreFixtures;
import io.unibus.store.StoreUnusableException;
import io.unibus.store.sqlite.SqliteBackup;
import io.unibus.store.sqlite.SqliteCut;
import io.unibus.store.sqlite.SqliteStore;
import io.unibus.store.sqlite.SqliteTarget;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SnapshotTest {
    private static final Duration PATIENT = Duration.ofSeconds(20);

    @TempDir
    private Path directory;

    @Test
    void representativeControlPlaneHasThisForm() throws IOException {
        fill("source.db");
        export("source.db", "snapshot");
        List<String> lines = Files.readAllLines(file("snapshot"));
        assertThat(lines).hasSize(1 + 3 + 2 + 5 + 6 + 1);
        assertThat(lines.get(0)).isEqualTo("{\"unibus_snapshot\":1}");
        assertThat(lines.get(1))
                .isEqualTo("{\"user\":{\"endpoint\":\"" + endpoint(1) + "\",\"handle\":\"an-admin\","
                        + "\"role\":\"admin\",\"status\":\"active\",\"created_at\":\"2026-11-21T08:50:00.123Z\","
                        + "\"updated_at\":\"2026-11-21T08:50:00.123Z\"}}");
        assertThat(lines.get(5))
                .startsWith("{\"room\":{\"room_id\":\"team\"")
                .contains("\"epoch\":2,", "\"rekey_required\":false");
        assertThat(lines.get(6))
                .startsWith("{\"member\":{\"room_id\":\"lobby\",\"endpoint\":\"" + endpoint(1)
                        + "\",\"role\":\"member\",\"joined_at\":");
        assertThat(lines.get(11)).startsWith("{\"sealed_key\":{\"room_id\":\"team\",\"epoch\":1,\"endpoint\":\"");
        assertThat(lines.get(17))
                .startsWith("{\"manifest\":{\"users\":{\"count\":3,\"sha256\":\"")
                .contains("\"sealed_keys\":{\"count\":6,");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file("snapshot"))))
                .isEqualTo("rw-------");
        assertThat(names()).containsExactlyInAnyOrder("snapshot", "source.db");
    }

    @Test
    void exportOfAnImportIsTheSameBytes() throws IOException {
        long seed = System.nanoTime();
        System.out.println("SnapshotTest: random control planes with seed " + seed);
        Random random = new Random(seed);
        for (int round = 0; round < 20; round++) {
            String name = "round-" + round;
            try (SqliteStore store = SqliteStore.open(file(name + ".db"), PATIENT)) {
                ControlPlanes.fillAtRandom(store, random, random.nextInt(200));
            }
            export(name + ".db", name);
            Comparison first = importInto(name + "-copy.db", name);
            assertThat(first.isConflict()).isFalse();
            assertThat(first.missing()).isEqualTo(records(name));
            export(name + "-copy.db", name + "-copy");
            assertThat(file(name + "-copy")).hasSameBinaryContentAs(file(name));
            assertThat(importInto(name + "-copy.db", name).isEqual()).isTrue();
        }
    }

    @Test
    void backupIsPrivateAndHoldsTheSame() throws IOException {
        fill("source.db");
        Path backup = SqliteBackup.take(file("source.db"), StoreFixtures.NOW, PATIENT);
        assertThat(backup.getFileName()).hasToString("source.db.backup-20261121T085000.123Z");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(backup)))
                .isEqualTo("rw-------");
        export("source.db", "one");
        export(backup.getFileName().toString(), "other");
        assertThat(file("one")).hasSameBinaryContentAs(file("other"));
        assertThatThrownBy(() -> SqliteBackup.take(file("source.db"), StoreFixtures.NOW, PATIENT))
                .isInstanceOf(SnapshotException.class)
                .hasMessageContaining("exists already");
        assertThat(names()).hasSize(4);
    }

    @Test
    void cutIsOfOneMomentAndMayHoldWritesOff() {
        fill("source.db");
        try (SqliteStore store = SqliteStore.open(file("source.db"), Duration.ofMillis(50))) {
            try (SqliteCut cut = SqliteCut.open(file("source.db"), PATIENT)) {
                done(store.addUser(member(endpoint(100))));
                assertThat(Manifest.of(cut, Progress.NONE, Progress.Step.VERIFY).part(Section.USERS))
                        .extracting(Manifest.Part::count)
                        .isEqualTo(3L);
            }
            try (SqliteCut cut = SqliteCut.openHoldingWrites(file("source.db"), PATIENT, () -> {})) {
                assertThatThrownBy(() -> store.addUser(member(endpoint(101))))
                        .hasMessageContaining("Nothing was written");
                assertThat(cut.count()).isEqualTo(17);
            }
            done(store.addUser(member(endpoint(101))));
        }
    }

    @Test
    void importChangesNothingWhereARecordDiffersOrIsExtra() {
        fill("source.db");
        export("source.db", "snapshot");
        try (SqliteStore store = SqliteStore.open(file("target.db"), PATIENT)) {
            done(store.addUser(admin(endpoint(2)))); // a member in the snapshot
            done(store.addUser(admin(endpoint(7))));
            done(store.createRoom(encryptedRoom(new RoomId("other"), endpoint(7))));
        }
        export("target.db", "before");
        Comparison comparison = importInto("target.db", "snapshot");
        assertThat(comparison.differing()).isEqualTo(1);
        assertThat(comparison.extra()).isEqualTo(4);
        assertThat(comparison.missing()).isEqualTo(15);
        assertThat(comparison.conflicts())
                .contains("different in the target: user " + endpoint(2), "only in the target: room other");
        export("target.db", "after");
        assertThat(file("after")).hasSameBinaryContentAs(file("before"));
    }

    @Test
    void exportNeverReplacesAFile() throws IOException {
        fill("source.db");
        Files.writeString(file("snapshot"), "mine");
        assertThatThrownBy(() -> export("source.db", "snapshot"))
                .isInstanceOf(SnapshotException.class)
                .hasMessageContaining("exists already and was left as it is");
        assertThat(file("snapshot")).hasContent("mine");
        assertThatThrownBy(() -> export("source.db", "nowhere/snapshot")).hasMessageContaining("there is no directory");
        assertThat(names()).hasSize(2);
    }

    @Test
    void whatIsNoStoreIsRefusedAndLeftAsItIs() throws IOException {
        assertUnusable("missing.db", "there is no such file");
        assertUnusable("", "it is a directory");
        Files.createFile(file("empty.db"));
        assertUnusable("empty.db", "it holds no store");
        Files.writeString(
                file("text.db"), "this is not a database, although it is long enough to look like one".repeat(20));
        assertUnusable("text.db", "it is not a SQLite database");
        assertThat(names()).containsExactlyInAnyOrder("empty.db", "text.db");
        assertThat(file("empty.db")).isEmptyFile();
    }

    @Test
    void everyTruncationIsNoticed() throws IOException {
        fill("source.db");
        export("source.db", "snapshot");
        byte[] whole = Files.readAllBytes(file("snapshot"));
        for (int length = 0; length < whole.length; length += 13) {
            assertRefused(Arrays.copyOf(whole, length), "");
        }
        List<String> lines = Files.readAllLines(file("snapshot"));
        assertRefused(bytes(lines.subList(0, 10)), "line 11: the file ends without its manifest: it is truncated");
        assertRefused(Arrays.copyOf(whole, whole.length - 10), "line 18: the file ends in the middle of a line");
        assertRefused(new byte[0], "line 1: the file is empty");
    }

    @Test
    void everyChangeOfAByteIsNoticed() throws IOException {
        fill("source.db");
        export("source.db", "snapshot");
        byte[] whole = Files.readAllBytes(file("snapshot"));
        Random random = new Random(7);
        for (int i = 0; i < 200; i++) {
            byte[] changed = whole.clone();
            changed[random.nextInt(changed.length)] ^= (byte) (1 << random.nextInt(8));
            assertRefused(changed, "");
        }
    }

    @Test
    void changedLinesAreNamed() throws IOException {
        assertEdited(lines -> lines.remove(3), "line 17: the manifest counts 3 users and the file has 2");
        assertEdited(lines -> lines.add(2, lines.get(1)), "line 3: user " + endpoint(1) + " does not come after");
        assertEdited(lines -> lines.add(lines.remove(2)), "line 17: the manifest counts 3 users");
        assertEdited(
                lines -> lines.set(1, lines.get(1).replace("an-admin", "another")),
                "line 18: the digest of the users is ");
        assertEdited(lines -> lines.set(1, lines.get(1) + " "), "line 2: malformed snapshot: the line is not in the");
        assertEdited(
                lines -> lines.set(1, lines.get(1).replace("admin\",", "queen\",")),
                "line 2: malformed role: it must be");
        assertEdited(
                lines -> lines.set(1, lines.get(1).replaceAll("\\.123Z", ".1231Z")),
                "line 2: malformed snapshot: the time 2026-11-21T08:50:00.123100Z is finer than a millisecond");
        assertEdited(
                lines -> lines.set(0, "{\"unibus_snapshot\":2}"),
                "line 1: the snapshot has version 2, and this unibus knows version 1");
        assertEdited(lines -> lines.set(0, "{\"what\":1}"), "line 1: the file is not a snapshot of unibus");
        assertEdited(lines -> lines.add("{}"), "line 19: there is more after the manifest");
        assertEdited(lines -> lines.add(4, "x".repeat(70_000)), "line 5: the line is longer than");
        assertEdited(lines -> lines.add(4, "{\"thing\":{}}"), "line 5: the line is neither a record nor a manifest");
    }

    @Test
    void recordsThatMakeNoControlPlaneAreNamed() {
        SnapshotSource source = open("source.db");
        Integrity.require(source);
        Without.assertNamed(
                source, "room team", "there is a member " + endpoint(1) + " of room team, and no such room");
        Without.assertNamed(
                source,
                "member " + endpoint(1) + " of room team",
                "room team names " + endpoint(1) + " as its owner, who is not among its members");
        Without.assertNamed(
                source,
                "sealed key of room team, epoch 2, for " + endpoint(4),
                "member " + endpoint(4) + " of room team has no sealed key of the room's epoch 2");
        Without.assertNamed(
                source,
                "sealed key of room team, epoch 2, for " + endpoint(1),
                "member " + endpoint(1) + " of room team");
        source.close();
    }

    private SnapshotSource open(String name) {
        fill(name);
        return SqliteCut.open(file(name), PATIENT);
    }

    /** A source without one of its records. */
    private record Without(SnapshotSource source, String name) implements SnapshotSource {
        static void assertNamed(SnapshotSource source, String record, String reason) {
            assertThatThrownBy(() -> Integrity.require(new Without(source, record)))
                    .isInstanceOf(SnapshotException.class)
                    .hasMessageContaining(reason);
        }

        @Override
        public long count() {
            return source.count() - 1;
        }

        @Override
        public SnapshotCursor from(Section first) {
            SnapshotCursor cursor = source.from(first);
            return new SnapshotCursor() {
                @Override
                public Optional<SnapshotRecord> next() {
                    var record = cursor.next();
                    return record.isPresent() && record.get().name().equals(name) ? cursor.next() : record;
                }

                @Override
                public void close() {
                    cursor.close();
                }
            };
        }

        @Override
        public void close() {}
    }

    private interface Edit {
        void edit(List<String> lines);
    }

    private void assertEdited(Edit edit, String reason) throws IOException {
        if (!Files.exists(file("good"))) {
            fill("good.db");
            export("good.db", "good");
        }
        List<String> lines = new ArrayList<>(Files.readAllLines(file("good")));
        edit.edit(lines);
        assertRefused(bytes(lines), reason);
    }

    private void assertRefused(byte[] content, String reason) throws IOException {
        Files.write(file("changed"), content);
        assertThatThrownBy(() -> SnapshotFile.open(file("changed"), SnapshotFile.Coding.PLAIN, Progress.NONE))
                .isInstanceOf(SnapshotException.class)
                .hasMessageContaining(file("changed") + ", line ")
                .hasMessageContaining(reason);
    }

    private static byte[] bytes(List<String> lines) {
        return (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8);
    }

    private void assertUnusable(String name, String reason) {
        assertThatThrownBy(() -> SqliteCut.open(file(name), PATIENT))
                .isInstanceOf(StoreUnusableException.class)
                .hasMessageContaining(reason);
    }

    private void fill(String name) {
        try (SqliteStore store = SqliteStore.open(file(name), PATIENT)) {
            ControlPlanes.fillRepresentative(store);
        }
    }

    private void export(String database, String snapshot) {
        try (SqliteCut cut = SqliteCut.open(file(database), PATIENT)) {
            SnapshotFile.write(file(snapshot), SnapshotFile.Coding.PLAIN, cut, Progress.NONE);
        }
    }

    private Comparison importInto(String database, String snapshot) {
        try (SnapshotFile source = SnapshotFile.open(file(snapshot), SnapshotFile.Coding.PLAIN, Progress.NONE);
                SqliteTarget target = SqliteTarget.open(file(database), PATIENT)) {
            return target.importFrom(source, Progress.NONE);
        }
    }

    private long records(String snapshot) throws IOException {
        return Files.readAllLines(file(snapshot)).size() - 2L;
    }

    private Path file(String name) {
        return directory.resolve(name);
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(path -> path.getFileName().toString()).toList();
        }
    }
}
