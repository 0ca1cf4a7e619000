package io.unibus.embeddednats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class TextsTest {
    @Test
    void readsTheMembersOfTheServersGreeting() {
        String info = "INFO {\"server_id\":\"NAB\",\"server_name\":\"a \\\"b\\\"\",\"port\":1,\"nonce\":\"x\"}";
        assertThat(Texts.jsonString(info, "server_id")).contains("NAB");
        assertThat(Texts.jsonString(info, "server_name")).contains("a \"b\"");
        assertThat(Texts.jsonString(info, "port")).isEmpty();
        assertThat(Texts.jsonString(info, "absent")).isEmpty();
    }

    @Test
    void quotesWhatWouldEndAString() {
        assertThat(Texts.quoted("a\"b\\c")).isEqualTo("\"a\\\"b\\\\c\"");
        assertThatThrownBy(() -> Texts.requirePlain("name", "a\nb")).hasMessage("the name holds control characters");
    }

    @Test
    void readsThePortsFileOnceItIsWhole() {
        assertThat(Listeners.parse("{\"nats\":[\"nats://[::1]:37087\"],\"monitoring\":[\"http://127.0.0.1:44833\"]}"))
                .isEqualTo(Optional.of(new Listeners(37087, OptionalInt.of(44833))));
        assertThat(Listeners.parse("{\"nats\":[\"nats://10.0.0.1:1\",\"nats://10.0.0.2:1\"]}\n"))
                .isEqualTo(Optional.of(new Listeners(1, OptionalInt.empty())));
        assertThat(Listeners.parse("{\"nats\":[\"nats://127.0.0.1:370")).isEmpty();
        assertThat(Listeners.parse("")).isEmpty();
    }

    @Test
    void findsTheMountOfAPath() {
        List<String> table = List.of(
                "/dev/vda / ext4 rw,relatime 0 0",
                "tmpfs /tmp tmpfs rw,nosuid,noexec 0 0",
                "tmpfs /tmp/a\\040b tmpfs rw 0 0",
                "tmpfs /srv tmpfs rw 0 0",
                "tmpfs /srv tmpfs rw,noexec 0 0");
        assertThat(Mounts.isNoexec(table, Path.of("/tmp/x/nats-server"))).isTrue();
        assertThat(Mounts.isNoexec(table, Path.of("/tmp/a b/nats-server"))).isFalse();
        assertThat(Mounts.isNoexec(table, Path.of("/tmpx/nats-server"))).isFalse();
        assertThat(Mounts.isNoexec(table, Path.of("/srv/nats-server"))).isTrue();
    }

    @Test
    void namesPlatformsAsTheBuildDoes() {
        assertThat(NatsBinary.platform("Linux", "amd64")).isEqualTo("linux-amd64");
        assertThat(NatsBinary.platform("Linux", "aarch64")).isEqualTo("linux-arm64");
        assertThat(NatsBinary.platform("Mac OS X", "x86_64")).isEqualTo("darwin-amd64");
    }

    @Test
    void wildcardsAreReachedOnLoopback() {
        assertThat(new HostPort("0.0.0.0", 0).reachableFromHere(5)).hasToString("127.0.0.1:5");
        assertThat(new HostPort("::", 0).reachableFromHere(5)).hasToString("[::1]:5");
        assertThat(new HostPort("bus.example", 0).reachableFromHere(5)).hasToString("bus.example:5");
    }
}
