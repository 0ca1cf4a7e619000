package io.unibus.embeddednats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.unibus.embeddednats.NatsServerException.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Stores as the real server leaves them, and who may use them afterwards. */
class StoreModeIT {
    private final Scenario scenario = new Scenario();
    private final Path store = scenario.data.resolve("jetstream");
    private final Path mode = store.resolve(StoreMode.FILE_NAME);

    @AfterEach
    void end() throws Exception {
        scenario.close();
    }

    @Test
    void aStoreWithStreamsDoesNotJoinACluster() throws Exception {
        run(alone(), true);
        assertThat(mode).hasContent("standalone");
        assertThat(StoreContents.of(store)).isEqualTo(new StoreContents(true, false));

        assertThat(refused(cluster("one"))).contains("would be lost in the cluster one");
        Files.delete(mode);
        assertThat(refused(cluster("one"))).contains("would be lost in the cluster one");
        assertThat(mode).doesNotExist();
        run(alone(), false);
        assertThat(mode).hasContent("standalone");
    }

    @Test
    void aStoreWithoutStreamsJoinsACluster() throws Exception {
        run(alone(), false);
        assertThat(mode).hasContent("standalone");
        run(cluster("one"), false);
        assertThat(mode).hasContent("cluster one");
    }

    @Test
    void aStoreWhoseStreamsWereDeletedJoinsACluster() throws Exception {
        NatsServer server = scenario.build(scenario.builder(alone().build()));
        server.start(Scenario.START_LIMIT);
        assertThat(Requests.createStream(server, "s")).doesNotContain("error");
        assertThat(Requests.send(server, "$JS.API.STREAM.DELETE.s", "")).isPresent();
        server.stop();
        run(cluster("one"), false);
    }

    @Test
    void aStoreOfAClusterStaysInIt() throws Exception {
        run(cluster("one"), false);
        assertThat(mode).hasContent("cluster one");
        assertThat(StoreContents.of(store)).isEqualTo(new StoreContents(false, true));

        assertThat(refused(alone())).contains("belongs to the cluster one");
        assertThat(refused(cluster("two"))).contains("cannot be used by the cluster two");
        Files.delete(mode);
        assertThat(refused(alone())).contains("belongs to a cluster");
        run(cluster("one"), false);
        assertThat(mode).hasContent("cluster one");
    }

    @Test
    void aModeThatIsNotUnderstoodIsLeftAlone() throws Exception {
        Files.createDirectories(store);
        Files.writeString(mode, "something of a later version");
        assertThat(refused(alone())).contains("does not say whose the store is");
        assertThat(mode).hasContent("something of a later version");
    }

    private void run(ServerConfig.Builder config, boolean withStream) throws IOException {
        NatsServer server = scenario.build(scenario.builder(config.build()));
        server.start(Scenario.START_LIMIT);
        if (withStream) {
            assertThat(Requests.createStream(server, "s")).doesNotContain("error");
        }
        server.stop();
    }

    private String refused(ServerConfig.Builder config) {
        NatsServer server = scenario.build(scenario.builder(config.build()));
        NatsServerException failure =
                catchThrowableOfType(NatsServerException.class, () -> server.start(Scenario.START_LIMIT));
        assertThat(failure.reason()).isEqualTo(Reason.STORE_OF_OTHER_MODE);
        return String.valueOf(failure.getMessage());
    }

    private ServerConfig.Builder alone() {
        return scenario.config();
    }

    private ServerConfig.Builder cluster(String name) throws IOException {
        HostPort listen = Scenario.freeAddress();
        return scenario.config().cluster(new Cluster(name, listen, List.of(listen), Optional.empty()));
    }
}
