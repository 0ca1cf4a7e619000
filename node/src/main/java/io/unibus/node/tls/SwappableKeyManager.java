package io.unibus.node.tls;

import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/** Shows the pair of the moment in each new handshake. A handshake that is under way at a change ends with its own. Thread-safe. */
final class SwappableKeyManager extends X509ExtendedKeyManager {
    /** The present pair first, then the one before, which a handshake may still ask for. */
    private volatile List<TlsPair> pairs = List.of();

    void show(TlsPair next) {
        List<TlsPair> before = pairs;
        pairs = before.isEmpty() ? List.of(next) : List.of(next, before.get(0));
    }

    @Override
    public @Nullable String chooseEngineServerAlias(String keyType, Principal @Nullable [] issuers, SSLEngine engine) {
        return alias(keyType);
    }

    @Override
    public @Nullable String chooseServerAlias(String keyType, Principal @Nullable [] issuers, Socket socket) {
        return alias(keyType);
    }

    @Override
    public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
        @Nullable String alias = alias(keyType);
        return alias == null ? null : new String[] {alias};
    }

    private @Nullable String alias(String keyType) {
        return pairs.stream()
                .limit(1)
                .filter(pair -> pair.key().getAlgorithm().equals(keyType))
                .map(TlsPair::fingerprint)
                .findFirst()
                .orElse(null);
    }

    @Override
    public X509Certificate @Nullable [] getCertificateChain(String alias) {
        @Nullable TlsPair pair = pair(alias);
        return pair == null ? null : pair.chain();
    }

    @Override
    public @Nullable PrivateKey getPrivateKey(String alias) {
        @Nullable TlsPair pair = pair(alias);
        return pair == null ? null : pair.key();
    }

    private @Nullable TlsPair pair(String alias) {
        return pairs.stream()
                .filter(pair -> pair.fingerprint().equals(alias))
                .findFirst()
                .orElse(null);
    }

    /** This side never connects with a certificate. */
    @Override
    public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
        return null;
    }

    @Override
    public @Nullable String chooseClientAlias(String[] keyType, Principal @Nullable [] issuers, Socket socket) {
        return null;
    }
}
