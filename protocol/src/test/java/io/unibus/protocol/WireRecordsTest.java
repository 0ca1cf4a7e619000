package io.unibus.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The JSON form of every record that goes over the wire. */
final class WireRecordsTest {
    private static final Instant NOW = Instant.parse("2026-11-21T08:50:00.123Z");
    private static final Endpoint ALICE = endpoint(1);
    private static final Endpoint BOB = endpoint(2);
    private static final RoomId ROOM = new RoomId("room-1");
    private static final Subject SUBJECT = new Subject("chat.general");
    private static final RoomPolicy OPEN = new RoomPolicy(false);
    private static final SealedKey KEY = SealedKey.of(new byte[] {-1, 0, 62, 63});
    private static final Epoch LARGEST = new Epoch((1L << 53) - 1);

    static Stream<Wire<?>> records() {
        return Stream.of(
                new Wire<>(
                        new User(
                                ALICE, new Handle("Жанна"), UserRole.ADMIN, UserStatus.REVOKED, NOW, NOW.plusMillis(1)),
                        User::writeFields,
                        User::fromJson),
                new Wire<>(
                        new AddUserRequest(ALICE, new Handle("alice"), UserRole.MEMBER),
                        AddUserRequest::writeFields,
                        AddUserRequest::fromJson),
                new Wire<>(
                        new Room(ROOM, SUBJECT, LARGEST, RoomPolicy.DEFAULT, ALICE, true, NOW, NOW),
                        Room::writeFields,
                        Room::fromJson),
                new Wire<>(new Member(ALICE, MemberRole.OWNER, NOW), Member::writeFields, Member::fromJson),
                new Wire<>(
                        new MemberRoom(ROOM, SUBJECT, Epoch.FIRST, OPEN, MemberRole.MEMBER),
                        MemberRoom::writeFields,
                        MemberRoom::fromJson),
                new Wire<>(new RoomKey(ROOM, Epoch.FIRST, BOB, KEY), RoomKey::writeFields, RoomKey::fromJson),
                new Wire<>(
                        new CreateRoomRequest(Optional.of(ROOM), Optional.of(SUBJECT), OPEN, Map.of(ALICE, KEY)),
                        CreateRoomRequest::writeFields,
                        CreateRoomRequest::fromJson),
                new Wire<>(
                        new CreateRoomRequest(Optional.empty(), Optional.empty(), RoomPolicy.DEFAULT, Map.of()),
                        CreateRoomRequest::writeFields,
                        CreateRoomRequest::fromJson),
                new Wire<>(
                        new InviteRequest(BOB, MemberRole.OWNER, Epoch.FIRST, Optional.of(KEY)),
                        InviteRequest::writeFields,
                        InviteRequest::fromJson),
                new Wire<>(
                        new InviteRequest(BOB, MemberRole.MEMBER, Epoch.FIRST, Optional.empty()),
                        InviteRequest::writeFields,
                        InviteRequest::fromJson),
                new Wire<>(
                        new RekeyRequest(new Epoch(2), Map.of(ALICE, KEY), List.of(BOB)),
                        RekeyRequest::writeFields,
                        RekeyRequest::fromJson));
    }

    @ParameterizedTest
    @MethodSource("records")
    void whatIsWrittenIsReadBackEqual(Wire<?> wire) {
        wire.assertRoundTrip();
    }

    @ParameterizedTest
    @MethodSource("records")
    void unknownFieldsAreRefused(Wire<?> wire) {
        wire.assertUnknownFieldRefused();
    }

    @Test
    void fieldsAreSnakeCase() {
        Room room = new Room(ROOM, SUBJECT, Epoch.FIRST, RoomPolicy.DEFAULT, ALICE, false, NOW, NOW);
        assertThat(text(room::writeFields))
                .isEqualTo("{\"room_id\":\"room-1\",\"subject\":\"chat.general\",\"epoch\":1,"
                        + "\"policy\":{\"encrypted\":true},\"owner\":\"" + ALICE + "\",\"rekey_required\":false,"
                        + "\"created_at\":\"2026-11-21T08:50:00.123Z\",\"updated_at\":\"2026-11-21T08:50:00.123Z\"}");
    }

    @Test
    void whatMayBeLeftOutHasItsDefault() {
        CreateRoomRequest room = CreateRoomRequest.fromJson(parse("{}"));
        assertThat(room)
                .isEqualTo(new CreateRoomRequest(Optional.empty(), Optional.empty(), RoomPolicy.DEFAULT, Map.of()));
        InviteRequest invite = InviteRequest.fromJson(parse("{\"endpoint\":\"" + BOB + "\",\"epoch\":1}"));
        assertThat(invite).isEqualTo(new InviteRequest(BOB, MemberRole.MEMBER, Epoch.FIRST, Optional.empty()));
        AddUserRequest user = AddUserRequest.fromJson(parse("{\"endpoint\":\"" + BOB + "\",\"handle\":\"bob\"}"));
        assertThat(user.role()).isEqualTo(UserRole.MEMBER);
        RekeyRequest rekey = RekeyRequest.fromJson(parse("{\"epoch\":2}"));
        assertThat(rekey).isEqualTo(new RekeyRequest(new Epoch(2), Map.of(), List.of()));
    }

    @Test
    void endpointsInLowerCaseAreNormalised() {
        String lower = BOB.nkey().toLowerCase(Locale.ROOT);
        RekeyRequest rekey = RekeyRequest.fromJson(
                parse("{\"epoch\":2,\"keys\":{\"" + lower + "\":\"AAAA\"},\"remove\":[\"" + lower + "\"]}"));
        assertThat(rekey.keys()).containsOnlyKeys(BOB);
        assertThat(rekey.remove()).containsExactly(BOB);
    }

    @Test
    void endpointNamedTwiceInDifferentCaseIsRefused() {
        String lower = BOB.nkey().toLowerCase(Locale.ROOT);
        JsonObject json = parse("{\"epoch\":2,\"keys\":{\"" + lower + "\":\"AAAA\",\"" + BOB + "\":\"BBBB\"}}");
        assertThatThrownBy(() -> RekeyRequest.fromJson(json))
                .isInstanceOf(MalformedException.class)
                .hasMessageContaining("twice");
    }

    @Test
    void valuesOfWrongFormAreRefused() {
        String invite = "{\"endpoint\":\"" + BOB + "\",\"epoch\":%s,\"role\":%s,\"sealed_key\":%s}";
        assertThat(InviteRequest.fromJson(parse(invite.formatted("1", "\"owner\"", "\"AAAA\""))))
                .isNotNull();
        for (String bad : List.of(
                invite.formatted("0", "\"owner\"", "\"AAAA\""),
                invite.formatted("-1", "\"owner\"", "\"AAAA\""),
                invite.formatted("9007199254740992", "\"owner\"", "\"AAAA\""),
                invite.formatted("1", "\"admin\"", "\"AAAA\""),
                invite.formatted("1", "\"OWNER\"", "\"AAAA\""),
                invite.formatted("1", "\"owner\"", "\"\""),
                invite.formatted("1", "\"owner\"", "\"AA==\""),
                invite.formatted("1", "\"owner\"", "\"A+/A\""),
                invite.formatted("1", "\"owner\"", "\"A\""),
                invite.formatted("1", "\"owner\"", "\"" + "A".repeat(4000) + "\""))) {
            assertThatThrownBy(() -> InviteRequest.fromJson(parse(bad))).as(bad).isInstanceOf(MalformedException.class);
        }
    }

    @Test
    void identifiersHaveTheirForm() {
        for (String bad : List.of("", "a b", "a.b", "é", "r".repeat(65), "a/b", "a\n")) {
            assertThatThrownBy(() -> new RoomId(bad)).as(bad).isInstanceOf(MalformedException.class);
        }
        for (String bad : List.of("", ".", "a.", ".a", "a..b", "_INBOX.x", "a.*", "a.>", "a b", "s".repeat(256))) {
            assertThatThrownBy(() -> new Subject(bad)).as(bad).isInstanceOf(MalformedException.class);
        }
        for (String bad : List.of("", " a", "-a", "a b", "h".repeat(65), "a\n", "\ud800")) {
            assertThatThrownBy(() -> new Handle(bad)).as(bad).isInstanceOf(MalformedException.class);
        }
        assertThat(Subject.defaultFor(new RoomId("_-"))).isEqualTo(new Subject("room._-"));
    }

    @Test
    void randomRoomIdsDiffer() {
        SecureRandom random = new SecureRandom();
        assertThat(Stream.generate(() -> RoomId.random(random)).limit(100))
                .doesNotHaveDuplicates()
                .allMatch(id -> id.value().length() == 26);
    }

    @Test
    void sealedKeyKeepsItsBytesToItself() {
        byte[] bytes = {1, 2, 3};
        SealedKey key = SealedKey.of(bytes);
        bytes[0] = 9;
        key.bytes()[1] = 9;
        assertThat(key.bytes()).containsExactly(1, 2, 3);
        assertThat(key).hasToString("SealedKey[3 bytes]").isEqualTo(SealedKey.parse("AQID"));
        assertThat(key.hashCode()).isEqualTo(SealedKey.parse("AQID").hashCode());
    }

    private static Endpoint endpoint(int number) {
        byte[] key = new byte[32];
        key[0] = (byte) number;
        return Endpoint.ofPublicKey(key);
    }

    private static JsonObject parse(String text) {
        return JsonObject.parse(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String text(Consumer<JsonWriter> fields) {
        return new String(JsonWriter.object(fields), StandardCharsets.UTF_8);
    }

    /** A record with its two directions. */
    record Wire<T>(T value, BiConsumer<T, JsonWriter> write, Function<JsonObject, T> read) {
        void assertRoundTrip() {
            byte[] json = JsonWriter.object(fields -> write.accept(value, fields));
            assertThat(read.apply(JsonObject.parse(json))).isEqualTo(value);
        }

        void assertUnknownFieldRefused() {
            byte[] json = JsonWriter.object(fields -> {
                write.accept(value, fields);
                fields.field("surprise", 1);
            });
            assertThatThrownBy(() -> read.apply(JsonObject.parse(json)))
                    .isInstanceOf(MalformedException.class)
                    .hasMessageContaining("unknown field surprise");
        }

        @Override
        public String toString() {
            return value.toString();
        }
    }
}
