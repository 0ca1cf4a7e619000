package io.unibus.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class JsonObjectTest {
    @Test
    void valuesOfEachTypeAreRead() {
        JsonObject json = parse(
                "{\"s\":\"text\",\"n\":-7,\"b\":true,\"t\":\"2026-11-21T08:50:00.5Z\",\"o\":{\"k\":\"v\",\"j\":\"w\"},"
                        + "\"a\":[\"x\",\"y\"],\"z\":null}");
        assertThat(json.requiredString("s")).isEqualTo("text");
        assertThat(json.requiredLong("n")).isEqualTo(-7);
        assertThat(json.requiredBoolean("b")).isTrue();
        assertThat(json.requiredInstant("t")).isEqualTo(Instant.parse("2026-11-21T08:50:00.500Z"));
        assertThat(json.stringMap("o")).containsExactly(Map.entry("k", "v"), Map.entry("j", "w"));
        assertThat(json.strings("a")).containsExactly("x", "y");
        assertThat(json.string("z")).as("null counts as absent").isEmpty();
        assertThat(json.string("missing")).isEmpty();
        assertThat(json.number("missing")).isEmpty();
        assertThat(json.object("missing")).isEmpty();
        assertThat(json.strings("missing")).isEmpty();
        assertThat(json.stringMap("missing")).isEmpty();
        json.refuseUnknownFields();
    }

    @Test
    void arraysOfObjectsAreRead() {
        assertThat(JsonObject.parseArray(utf8("[{\"n\":1},{\"n\":2}]")))
                .extracting(json -> json.requiredLong("n"))
                .containsExactly(1L, 2L);
        assertThat(JsonObject.parseArray(utf8("[]"))).isEmpty();
        assertMalformed(
                "[1].n",
                () -> JsonObject.parseArray(utf8("[{\"n\":1},{\"n\":\"2\"}]")).forEach(json -> json.requiredLong("n")));
        assertMalformed("[0] must be a JSON object", () -> JsonObject.parseArray(utf8("[1]")));
        assertMalformed("array", () -> JsonObject.parseArray(utf8("{}")));
    }

    @Test
    void fieldsThatAreArraysOfObjectsAreRead() {
        JsonObject json = parse("{\"a\":[{\"n\":1},{\"n\":\"2\"}],\"b\":[1],\"c\":{}}");
        assertThat(json.objects("a").get(0).requiredLong("n")).isEqualTo(1);
        assertMalformed("field a[1].n", () -> json.objects("a").get(1).requiredLong("n"));
        assertThat(json.objects("missing")).isEmpty();
        assertMalformed("field b[0] must be a JSON object", () -> json.objects("b"));
        assertMalformed("field c must be an array of objects", () -> json.objects("c"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "  ",
                "null",
                "7",
                "\"text\"",
                "[]",
                "[{}]",
                "{",
                "}",
                "{\"a\"}",
                "{\"a\":}",
                "{\"a\":1,}",
                "{a:1}",
                "{'a':1}",
                "{\"a\":01}",
                "{\"a\":+1}",
                "{\"a\":NaN}",
                "{\"a\":[1,]}",
                "{\"a\":\"\n\"}",
                "{\"a\":\"\\x\"}",
                "{\"a\":tru}",
                "{} {}",
                "{}x",
                "{},",
                "{} // comment",
                "/* comment */ {}",
                "{\"a\":\"unended",
                "{\"a\":[[\"unended\"]"
            })
    void textThatIsNotOneObjectIsMalformed(String text) {
        assertMalformed("", () -> parse(text));
    }

    @Test
    void whiteSpaceAroundIsAllowed() {
        assertThat(parse(" \r\n\t{ \"a\" : 1 } \n").requiredLong("a")).isEqualTo(1);
    }

    @Test
    void duplicateFieldsAreRefusedAtEveryDepth() {
        assertMalformed("", () -> parse("{\"a\":1,\"a\":1}"));
        assertMalformed("", () -> parse("{\"o\":{\"a\":1,\"\\u0061\":2}}"));
        assertMalformed("", () -> parse("{\"l\":[{\"a\":1,\"a\":null}]}"));
    }

    @Test
    void unknownFieldsAreNamedWithTheirPath() {
        JsonObject json = parse("{\"known\":1,\"b\":null,\"a\":2,\"o\":{\"c\":3}}");
        json.requiredLong("known");
        JsonObject inner = json.object("o").orElseThrow();
        assertMalformed("unknown field a, b; known are known, o", json::refuseUnknownFields);
        assertMalformed("unknown field o.c", inner::refuseUnknownFields);
    }

    @Test
    void wrongTypesAreNamed() {
        JsonObject json = parse("{\"s\":\"1\",\"n\":1,\"f\":1.0,\"b\":false,\"o\":{},\"a\":[1],\"m\":{\"k\":1}}");
        assertMalformed("field n must be a string", () -> json.requiredString("n"));
        assertMalformed("field s must be a whole number", () -> json.requiredLong("s"));
        assertMalformed("field f must be a whole number", () -> json.requiredLong("f"));
        assertMalformed("field n must be true or false", () -> json.requiredBoolean("n"));
        assertMalformed("field s must be a JSON object", () -> json.object("s"));
        assertMalformed("field a must be an array of strings", () -> json.strings("a"));
        assertMalformed("field o must be an array of strings", () -> json.strings("o"));
        assertMalformed("field m.k must be a string", () -> json.stringMap("m"));
        assertMalformed("field s must be a time", () -> json.requiredInstant("s"));
        assertMalformed("field x is missing", () -> json.requiredString("x"));
        assertMalformed("field x is missing", () -> json.requiredBoolean("x"));
        assertMalformed("field x is missing", () -> json.requiredLong("x"));
    }

    @Test
    void numbersOutOfRangeAreMalformed() {
        assertThat(parse("{\"n\":9223372036854775807}").requiredLong("n")).isEqualTo(Long.MAX_VALUE);
        assertMalformed("", () -> parse("{\"n\":9223372036854775808}").requiredLong("n"));
        assertMalformed("", () -> parse("{\"n\":" + "9".repeat(100_000) + "}").requiredLong("n"));
        assertMalformed("", () -> parse("{\"n\":1e999999999}").requiredLong("n"));
        assertMalformed("", () -> parse("{\"n\":0." + "1".repeat(100_000) + "}").requiredLong("n"));
    }

    @Test
    void deepNestingIsMalformed() {
        assertMalformed("", () -> parse("{\"a\":".repeat(100_000)));
        assertMalformed("", () -> parse("{\"a\":" + "[".repeat(100_000)));
        assertMalformed("", () -> parse("{\"a\":" + "[".repeat(6) + "]".repeat(6) + "}"));
        assertThat(parse("{\"a\":" + "[".repeat(5) + "]".repeat(5) + "}")).isNotNull();
    }

    @Test
    void moreValuesThanAnyRequestHasAreMalformed() {
        assertThat(parse("{\"a\":[" + "0,".repeat(19_997) + "0]}")).isNotNull();
        assertMalformed("more than 20000 values", () -> parse("{\"a\":[" + "0,".repeat(19_998) + "0]}"));
        String objects = "{\"\":0},".repeat(130_000) + "{}";
        assertMalformed("more than 20000 values", () -> parse("{\"a\":[" + objects + "]}"));
    }

    @Test
    void answersMayHaveMoreValuesThanRequests() {
        String room =
                "{\"room_id\":\"a\",\"subject\":\"a\",\"epoch\":1,\"policy\":{\"encrypted\":true},\"role\":\"member\"}";
        int count = 8 * 1024 * 1024 / room.length();
        assertThat(JsonObject.parseArray(utf8("[" + (room + ",").repeat(count - 1) + room + "]")))
                .hasSize(count);
        assertMalformed(
                "more than 1048576 values", () -> JsonObject.parseArray(utf8("[" + "{},".repeat(1_048_575) + "{}]")));
    }

    @Test
    void largestRekeyIsRead() {
        String keys = numbered(4_500, i -> "\"" + i + "\":\"" + "k".repeat(107) + "\"");
        String remove = numbered(4_500, i -> "\"" + i + "\"");
        JsonObject json = parse("{\"epoch\":2,\"keys\":{" + keys + "},\"remove\":[" + remove + "]}");
        assertThat(json.stringMap("keys")).hasSize(4_500);
        assertThat(json.strings("remove")).hasSize(4_500);
    }

    @Test
    void longNamesAreNotRepeatedWhole() {
        String name = "n".repeat(100_000);
        for (String text : List.of("{\"" + name + "\":1}", "{\"" + name + "\":1,\"" + name + "\":1}")) {
            assertThatThrownBy(() -> parse(text).refuseUnknownFields())
                    .isInstanceOf(MalformedException.class)
                    .message()
                    .hasSizeLessThan(600);
        }
    }

    @Test
    void invalidUtf8IsMalformed() {
        for (int[] bytes : new int[][] {{0xff}, {0xc3}, {0xc0, 0x80}, {0xed, 0xa0, 0x80}, {0xf8, 0x80}, {0x80}}) {
            byte[] text = utf8("{\"a\":\"" + "?".repeat(bytes.length) + "\"}");
            for (int i = 0; i < bytes.length; i++) {
                text[6 + i] = (byte) bytes[i];
            }
            assertMalformed("", () -> JsonObject.parse(text));
        }
    }

    @Test
    void otherEncodingsAreMalformed() {
        for (String name : List.of("UTF-16BE", "UTF-16LE", "UTF-16", "UTF-32BE", "UTF-32LE")) {
            byte[] text = "{\"a\":1}".getBytes(Charset.forName(name));
            assertMalformed("", () -> JsonObject.parse(text));
        }
        assertMalformed("", () -> JsonObject.parse(new byte[] {0, 0, 0, (byte) 0xff}));
        assertMalformed("", () -> JsonObject.parse(new byte[] {0, 0, 0, '{', 0x7f, 0x7f, 0x7f, 0x7f}));
        assertMalformed("", () -> JsonObject.parse(new byte[] {0, 0, (byte) 0xff, (byte) 0xfe, 1}));
    }

    @Test
    void everyFailureOfRandomBytesIsMalformed() {
        long seed = System.nanoTime();
        System.out.println("JsonObjectTest: seed " + seed);
        Random random = new Random(seed);
        byte[] valid = utf8("{\"a\":[1,true,null,\"\\u00e9é\",{\"b\":-1.5e3}],\"c\":\"x\"}");
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = valid.clone();
            for (int flips = random.nextInt(4); flips >= 0; flips--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            try {
                JsonObject.parse(bytes);
            } catch (MalformedException e) {
                assertThat(e.what()).isEqualTo("json");
            }
        }
    }

    private static String numbered(int count, IntFunction<String> item) {
        return IntStream.range(0, count).mapToObj(item).collect(Collectors.joining(","));
    }

    private static JsonObject parse(String text) {
        return JsonObject.parse(utf8(text));
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static void assertMalformed(String message, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        MalformedException.class, e -> assertThat(e.what()).isEqualTo("json"))
                .hasMessageContaining(message);
    }
}
