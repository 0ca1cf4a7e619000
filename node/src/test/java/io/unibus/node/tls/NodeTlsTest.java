package io.unibus.node.tls;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.node.config.NodeConfig;
import io.unibus.node.config.NodeOption;
import io.unibus.node.config.OptionValues;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class NodeTlsTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path directory;

    @Test
    void endOfTheCertificateIsAProblemThreeWeeksBefore() throws IOException {
        assertThat(opened(Duration.ofDays(22)).report().orElseThrow().problems())
                .isEmpty();
        assertThat(opened(Duration.ofDays(20)).report().orElseThrow().problems())
                .singleElement()
                .asString()
                .contains("the certificate ends on", "fullchain.pem renewed");
    }

    @Test
    void withoutTlsThereIsNothingToShow() {
        NodeTls tls = new NodeTls(NodeConfig.load(OptionValues.resolve(Map.of(), Map.of())), InstantSource.system());
        tls.open(hosts -> {
            throw new AssertionError("nothing is to be issued for " + hosts);
        });
        assertThat(tls.present()).isEmpty();
        assertThat(tls.report()).isEmpty();
        assertThat(tls.serverContext()).isEmpty();
        assertThat(tls.ownTrust()).isEmpty();
        assertThat(tls.fingerprints()).isEmpty();
    }

    @Test
    void certificateOfTheNodesOwnMakingIsForAllNamesByWhichItIsAsked() {
        NodeConfig config = NodeConfig.load(OptionValues.resolve(
                Map.of(
                        NodeOption.TLS, "auto",
                        NodeOption.HTTP, "0.0.0.0:8420",
                        NodeOption.NATS, "10.1.2.3:4222",
                        NodeOption.INSECURE, "true",
                        NodeOption.HTTP_NAMES, "bus.example:8443,[2001:db8::1]"),
                Map.of()));
        Set<String> hosts = CertificateHosts.ofNode(config);
        assertThat(hosts)
                .contains("localhost", "127.0.0.1", "10.1.2.3", "bus.example", "2001:db8::1")
                .doesNotContain("0.0.0.0");
    }

    private NodeTls opened(Duration left) throws IOException {
        Path certificate = directory.resolve("fullchain.pem");
        Path key = directory.resolve("privkey.pem");
        new TestAuthority()
                .issue(TestAuthority.keyPair("EC", 256), TestAuthority.validFor(left), "127.0.0.1")
                .writeTo(certificate, key);
        NodeTls tls = new NodeTls(
                NodeConfig.load(OptionValues.resolve(
                        Map.of(
                                NodeOption.TLS, "files",
                                NodeOption.TLS_CERT, certificate.toString(),
                                NodeOption.TLS_KEY, key.toString()),
                        Map.of())),
                InstantSource.system());
        tls.open(hosts -> {
            throw new AssertionError("nothing is to be issued for " + hosts);
        });
        return tls;
    }
}
