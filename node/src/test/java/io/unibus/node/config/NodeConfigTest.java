package io.unibus.node.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.unibus.embeddednats.DebugMode;
import io.unibus.embeddednats.HostPort;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NodeConfigTest {
    private static final Map<NodeOption, String> NO_FLAGS = Map.of();
    private static final Map<String, String> NO_ENVIRONMENT = Map.of();

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path directory;

    @Test
    void defaultsAreThoseOfTheTable() {
        NodeConfig config = load(NO_FLAGS, NO_ENVIRONMENT);
        assertThat(config.dataDir()).isEqualTo(Path.of("unibus-data").toAbsolutePath());
        assertThat(config.clusterKey()).isEqualTo(config.dataDir().resolve("cluster.key"));
        assertThat(config.http()).hasToString(NodeOption.HTTP.defaultValue());
        assertThat(config.nats()).hasToString(NodeOption.NATS.defaultValue());
        assertThat(config.store()).hasToString(NodeOption.STORE.defaultValue());
        assertThat(config.opTimeout()).isEqualTo(Duration.ofSeconds(2));
        assertThat(config.name()).matches("[A-Za-z0-9][A-Za-z0-9_-]{0,62}");
        assertThat(config.natsDebug()).isEqualTo(DebugMode.OFF);
        assertThat(config.featureStates())
                .containsOnlyKeys(FeatureFlag.values())
                .allSatisfy((flag, state) -> assertThat(state.state()).isEqualTo("off"));
    }

    @Test
    void flagWinsOverEnvironmentAndThatOverTheFile() throws IOException {
        String file = file("http=127.0.0.1:1\nnats=127.0.0.1:1\nname=from-file\n");
        Map<String, String> environment = Map.of("UNIBUS_HTTP", "127.0.0.1:2", "UNIBUS_NATS", "127.0.0.1:2");
        NodeConfig config = load(Map.of(NodeOption.HTTP, "127.0.0.1:3", NodeOption.CONFIG, file), environment);
        assertThat(config.http()).isEqualTo(new HostPort("127.0.0.1", 3));
        assertThat(config.nats()).isEqualTo(new HostPort("127.0.0.1", 2));
        assertThat(config.name()).isEqualTo("from-file");
    }

    @Test
    void allProblemsAreSaidAtOnceEachWithItsSource() throws IOException {
        String file = file("op-timeout=soon\nhtttp=127.0.0.1:1\n");
        ConfigurationException e = refused(
                Map.of(NodeOption.HTTP, "nowhere", NodeOption.CONFIG, file),
                Map.of("UNIBUS_NAME", "a b", "UNIBUS_NATZ", "x"));
        assertThat(e.problems())
                .hasSize(5)
                .anyMatch(problem -> problem.startsWith("--http: \"nowhere\" is not valid"))
                .anyMatch(problem -> problem.startsWith(file + ": op-timeout: \"soon\" is not valid"))
                .anyMatch(problem -> problem.equals(file + ": unknown option htttp; did you mean http?"))
                .anyMatch(problem -> problem.startsWith("UNIBUS_NAME: \"a b\" is not valid"))
                .anyMatch(problem ->
                        problem.equals("unknown environment variable UNIBUS_NATZ; did you mean UNIBUS_NATS?"));
    }

    @Test
    void nothingIsSuggestedForAWordThatIsLikeNoOther() throws IOException {
        assertThat(refused(NO_FLAGS, Map.of("UNIBUS_FOO", "x")).problems())
                .containsExactly("unknown environment variable UNIBUS_FOO");
        assertThat(refused(Map.of(NodeOption.CONFIG, file("zzz=1\n")), NO_ENVIRONMENT)
                        .problems())
                .singleElement()
                .asString()
                .endsWith("unknown option zzz");
    }

    @Test
    void variablesOfOtherCommandsAreNotRefused() {
        NodeConfig config = load(NO_FLAGS, Map.of("UNIBUS_URL", "x", "UNIBUS_IDENTITY", "x", "PATH", "x"));
        assertThat(config.name()).isNotEmpty();
    }

    @ParameterizedTest
    @CsvSource({"HTTP, 0.0.0.0:8420", "NATS, 0.0.0.0:4222", "HTTP, 192.168.1.5:80", "HTTP, [::]:80", "NATS, host:1"})
    void addressBeyondLoopbackNeedsInsecure(NodeOption option, String address) {
        assertThat(refused(Map.of(option, address), NO_ENVIRONMENT).problems())
                .singleElement()
                .asString()
                .startsWith(option.flag())
                .contains("--insecure");
        NodeConfig config = load(Map.of(option, address, NodeOption.INSECURE, "true"), NO_ENVIRONMENT);
        assertThat(option == NodeOption.HTTP ? config.http() : config.nats()).hasToString(address);
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1:1", "127.9.9.9:1", "localhost:1", "[::1]:1", "127.0.0.1:0"})
    void loopbackAddressIsAccepted(String address) {
        assertThat(load(Map.of(NodeOption.HTTP, address), NO_ENVIRONMENT).http())
                .hasToString(address);
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", ":80", "127.0.0.1:x", "127.0.0.1:65536", "::1:80", "a b:1"})
    void addressOfAnotherFormIsRefused(String address) {
        assertThat(refused(Map.of(NodeOption.HTTP, address), NO_ENVIRONMENT).problems())
                .hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({"500ms, 500", "2s, 2000", "1m, 60000"})
    void timeHasAUnit(String text, long millis) {
        assertThat(load(Map.of(NodeOption.OP_TIMEOUT, text), NO_ENVIRONMENT).opTimeout())
                .isEqualTo(Duration.ofMillis(millis));
    }

    @ParameterizedTest
    @ValueSource(strings = {"2", "0s", "-1s", "2h", "1.5s", "9999999999s"})
    void timeOfAnotherFormIsRefused(String text) {
        assertThat(refused(Map.of(NodeOption.OP_TIMEOUT, text), NO_ENVIRONMENT).problems())
                .hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"DATA_DIR", "CLUSTER_KEY", "CONFIG", "FEATURE_FLAGS", "NAME", "HTTP"})
    void emptyValueIsRefused(NodeOption option) {
        assertThat(refused(NO_FLAGS, Map.of(option.variable(), "")).problems())
                .containsExactly(option.variable() + ": it is empty; leave it out for the default");
    }

    @Test
    void problemOnTheCommandLineIsOneOfUsageAndAnyOtherOneOfConfiguration() {
        assertThat(refused(Map.of(NodeOption.HTTP, "x"), NO_ENVIRONMENT).isOnCommandLine())
                .isTrue();
        assertThat(refused(NO_FLAGS, Map.of("UNIBUS_HTTP", "x")).isOnCommandLine())
                .isFalse();
    }

    @Test
    void fileThatIsNotThereIsSaidSo() {
        assertThat(refused(Map.of(NodeOption.CONFIG, "no-such-file"), NO_ENVIRONMENT)
                        .problems())
                .containsExactly("--config: there is no file no-such-file");
    }

    @Test
    void configurationFileCannotNameAnother() throws IOException {
        assertThat(refused(Map.of(NodeOption.CONFIG, file("config=other\n")), NO_ENVIRONMENT)
                        .problems())
                .singleElement()
                .asString()
                .contains("unknown option config");
    }

    @Test
    void nodeOfAClusterSaysWhereItAndTheOthersListen() {
        NodeConfig config = load(
                Map.of(
                        NodeOption.CLUSTER, "10.0.0.1:6222",
                        NodeOption.ROUTES, "10.0.0.1:6222, 10.0.0.2:6222,10.0.0.3:6222",
                        NodeOption.STORE, "kv"),
                NO_ENVIRONMENT);
        assertThat(config.cluster())
                .contains(new NodeConfig.ClusterConfig(
                        "unibus",
                        new HostPort("10.0.0.1", 6222),
                        List.of(
                                new HostPort("10.0.0.1", 6222),
                                new HostPort("10.0.0.2", 6222),
                                new HostPort("10.0.0.3", 6222))));
        assertThat(config.store()).isEqualTo(StoreKind.KV);
        assertThat(config.replicas()).isEqualTo(3);
        assertThat(config.maxStaleness()).isEqualTo(Duration.ofSeconds(2));
        assertThat(config.bootstrapTimeout()).isEqualTo(Duration.ofMinutes(2));
    }

    @Test
    void nodeAloneMayKeepItsRecordsInBucketsOfOneReplica() {
        NodeConfig config = load(Map.of(NodeOption.STORE, "kv"), NO_ENVIRONMENT);
        assertThat(config.cluster()).isEmpty();
        assertThat(config.replicas()).isEqualTo(1);
    }

    @Test
    void clusterOptionsThatDoNotFitTogetherAreRefusedEachWithWhatToDo() {
        assertThat(refused(Map.of(NodeOption.CLUSTER, "127.0.0.1:6222"), NO_ENVIRONMENT)
                        .problems())
                .hasSize(2)
                .anyMatch(problem -> problem.startsWith("--cluster: ") && problem.endsWith("give --store kv"))
                .anyMatch(problem -> problem.startsWith("--cluster: say with --routes"));
        assertThat(refused(Map.of(NodeOption.ROUTES, "127.0.0.1:6222"), NO_ENVIRONMENT)
                        .problems())
                .singleElement()
                .asString()
                .startsWith("--routes: ");
        assertThat(refused(Map.of(NodeOption.REPLICAS, "3"), NO_ENVIRONMENT).problems())
                .singleElement()
                .asString()
                .startsWith("--replicas: ");
    }

    @ParameterizedTest
    @CsvSource({
        "CLUSTER, 127.0.0.1:0",
        "ROUTES, 127.0.0.1:0",
        "ROUTES, '127.0.0.1:1,,127.0.0.1:2'",
        "REPLICAS, 0",
        "REPLICAS, 6",
        "REPLICAS, three",
        "CLUSTER_NAME, 'a b'",
        "STORE, etcd",
        "AUTHZ_MAX_STALENESS, 2"
    })
    void clusterOptionOfAnotherFormIsRefused(NodeOption option, String value) {
        Map<NodeOption, String> flags = new EnumMap<>(Map.of(
                NodeOption.CLUSTER, "127.0.0.1:6222", NodeOption.ROUTES, "127.0.0.1:6223", NodeOption.STORE, "kv"));
        flags.put(option, value);
        assertThat(refused(flags, NO_ENVIRONMENT).problems())
                .anyMatch(problem -> problem.startsWith(option.flag() + ": \"" + value + "\" is not valid"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "0s", "0ms"})
    void stalenessMayBeZero(String text) {
        assertThat(load(Map.of(NodeOption.AUTHZ_MAX_STALENESS, text), NO_ENVIRONMENT)
                        .maxStaleness())
                .isZero();
    }

    @Test
    void flagThatTurnsOnTheReplicatedStoreIsFollowedUnlessTheOptionSaysOtherwise() throws IOException {
        String file = file("{\"decentralized\":{\"state\":\"on\"}}");
        assertThat(load(Map.of(NodeOption.FEATURE_FLAGS, file), NO_ENVIRONMENT).store())
                .isEqualTo(StoreKind.KV);
        assertThat(load(Map.of(NodeOption.FEATURE_FLAGS, file, NodeOption.STORE, "sqlite"), NO_ENVIRONMENT)
                        .store())
                .isEqualTo(StoreKind.SQLITE);
    }

    @Test
    void filesOfACertificateAreGivenTogetherAndOnlyWhereTheyAreOfUse() {
        Map<NodeOption, String> both = Map.of(
                NodeOption.TLS, "files", NodeOption.TLS_CERT, "/a/fullchain.pem", NodeOption.TLS_KEY, "/a/privkey.pem");
        assertThat(load(both, NO_ENVIRONMENT).tls())
                .isEqualTo(new TlsConfig(
                        TlsMode.FILES,
                        Optional.of(new TlsConfig.Files(Path.of("/a/fullchain.pem"), Path.of("/a/privkey.pem")))));
        assertThat(load(Map.of(NodeOption.TLS, "auto"), NO_ENVIRONMENT).tls().mode())
                .isEqualTo(TlsMode.AUTO);
        assertThat(load(NO_FLAGS, NO_ENVIRONMENT).tls()).isEqualTo(TlsConfig.OFF);
        assertThat(refused(Map.of(NodeOption.TLS, "files", NodeOption.TLS_CERT, "/a/c.pem"), NO_ENVIRONMENT)
                        .problems())
                .singleElement()
                .asString()
                .startsWith("--tls: ")
                .contains("--tls-key FILE");
        assertThat(refused(Map.of(NodeOption.TLS_KEY, "/a/k.pem"), NO_ENVIRONMENT)
                        .problems())
                .singleElement()
                .asString()
                .startsWith("--tls-key: ")
                .contains("--tls files");
        assertThat(refused(Map.of(NodeOption.TLS, "on"), NO_ENVIRONMENT).problems())
                .containsExactly("--tls: \"on\" is not valid: it must be off, auto or files");
    }

    @Test
    void flagThatTurnsOnTlsIsFollowedUnlessTheOptionSaysOtherwise() throws IOException {
        String file = file("{\"bus-tls\":{\"state\":\"on\"}}");
        assertThat(load(Map.of(NodeOption.FEATURE_FLAGS, file), NO_ENVIRONMENT)
                        .tls()
                        .mode())
                .isEqualTo(TlsMode.AUTO);
        NodeConfig off = load(Map.of(NodeOption.FEATURE_FLAGS, file, NodeOption.TLS, "off"), NO_ENVIRONMENT);
        assertThat(off.tls()).isEqualTo(TlsConfig.OFF);
        assertThat(off.featureStates())
                .containsEntry(FeatureFlag.BUS_TLS, new NodeConfig.EffectiveState("off", "--tls"));
    }

    @Test
    void beyondLoopbackCallersAreVerifiedAndWhatTheySayIsEncryptedUnlessTheOperatorInsists() {
        HostPort everywhere = new HostPort("0.0.0.0", 4222);
        assertThat(ExposureRule.objection(everywhere, BusAuth.SOFT, true))
                .get()
                .asString()
                .contains("believed to be");
        assertThat(ExposureRule.objection(everywhere, BusAuth.ENFORCE, false))
                .get()
                .asString()
                .contains("--tls auto", "--insecure");
        assertThat(ExposureRule.objection(everywhere, BusAuth.ENFORCE, true)).isEmpty();
        assertThat(ExposureRule.objection(new HostPort("127.0.0.1", 4222), BusAuth.OFF, false))
                .isEmpty();
    }

    @Test
    void debugModeIsReadFromTheEnvironment() {
        assertThat(load(NO_FLAGS, Map.of("UNIBUS_NATS_DEBUG", "1")).natsDebug()).isNotEqualTo(DebugMode.OFF);
        assertThat(refused(NO_FLAGS, Map.of("UNIBUS_NATS_DEBUG", "loud")).problems())
                .hasSize(1);
    }

    @Test
    void flagsOfAFileAreShownWithTheirSource() throws IOException {
        String file = file("{\"bus-auth\":{\"state\":\"off\"}}");
        assertThat(load(Map.of(NodeOption.FEATURE_FLAGS, file), NO_ENVIRONMENT).featureStates())
                .containsEntry(FeatureFlag.BUS_AUTH, new NodeConfig.EffectiveState("off", file))
                .containsEntry(FeatureFlag.DECENTRALIZED, new NodeConfig.EffectiveState("off", "default"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"bus-auth\":{\"state\":\"maybe\"}}",
                "{\"bus-outh\":{\"state\":\"off\"}}",
                "{\"bus-auth\":{}}",
                "not json"
            })
    void flagsThatCannotBeFollowedAreRefused(String json) throws IOException {
        assertThat(refused(Map.of(NodeOption.FEATURE_FLAGS, file(json)), NO_ENVIRONMENT)
                        .problems())
                .singleElement()
                .asString()
                .startsWith("--feature-flags: ");
    }

    @Test
    void declaredFlagsNameEveryFlag() {
        FeatureFlags declared = FeatureFlags.declared();
        assertThat(FeatureFlag.values())
                .allSatisfy(flag -> assertThat(declared.get(flag)).isPresent());
    }

    private String file(String text) throws IOException {
        return Files.writeString(directory.resolve("file"), text).toString();
    }

    private static NodeConfig load(Map<NodeOption, String> flags, Map<String, String> environment) {
        return NodeConfig.load(OptionValues.resolve(flags, environment));
    }

    private static ConfigurationException refused(Map<NodeOption, String> flags, Map<String, String> environment) {
        ConfigurationException e = catchThrowableOfType(ConfigurationException.class, () -> load(flags, environment));
        assertThat(e).isNotNull();
        return e;
    }
}
