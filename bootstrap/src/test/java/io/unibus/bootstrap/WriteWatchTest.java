package io.unibus.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class WriteWatchTest {
    private final FakeServers servers = new FakeServers();
    private final FakeTime time = new FakeTime();
    private final List<String> child = new ArrayList<>();
    private Duration quiet = Duration.ZERO;
    private long space = 1L << 40;
    private int size = 3;

    private final WriteWatch watch = new WriteWatch(
            servers,
            () -> size,
            () -> quiet,
            () -> space,
            () -> Duration.ofHours(1),
            new ChildControl() {
                @Override
                public void suspend(String reason) {
                    child.add("suspend");
                }

                @Override
                public void resume(String reason) {
                    child.add("resume");
                }

                @Override
                public void restart(String reason) {
                    child.add(reason);
                }
            },
            time.timing());

    private void pass(int seconds) {
        for (int i = 0; i < seconds; i++) {
            watch.look();
            time.pass(Duration.ofSeconds(1));
        }
    }

    @Test
    void restartsAServerThatWritesNothingAfterItsDiskWasFull() {
        quiet = Duration.ofSeconds(40);
        space = 0;
        pass(10);
        space = 1L << 40;
        pass(7);

        assertThat(child)
                .containsExactly("nats-server has taken no writes for 5 s, its disk was full:"
                        + " no write was confirmed for 40 s");
        assertThat(watch.restarts()).isEqualTo(1);
    }

    @Test
    void leavesAServerAloneThatHasNoQuorum() {
        quiet = Duration.ofHours(1);
        servers.peers = Optional.of(Set.of());
        pass(120);
        assertThat(child).isEmpty();
    }

    @Test
    void asManyMustBeConnectedAsTheClusterHasAndNotTheConfiguration() {
        quiet = Duration.ofHours(1);
        size = 7;
        pass(30);
        assertThat(child).isEmpty();
        size = 5;
        pass(30);
        assertThat(child).hasSize(1);
    }

    @Test
    void leavesAServerAloneThatIsCatchingUp() {
        servers.trouble = Optional.of("stream is not current");
        pass(120);
        assertThat(child).isEmpty();
    }
}
