package io.unibus.embeddednats;

/**
 * The certificate that a server shows to clients. Clients show none, and connections without TLS are refused. Both are PEM; the
 * {@code toString} shows none.
 *
 * @param certificate of the server first, then those between it and the authority
 * @param key of the first certificate: a secret
 */
public record ClientTls(String certificate, String key) {
    @Override
    public String toString() {
        return "ClientTls[<redacted>]";
    }
}
