package io.unibus.embeddednats;

/**
 * TLS in which both sides show a certificate that one authority has signed. Whoever connects also compares the name or address
 * that it asked for. All three are PEM; the {@code toString} shows none.
 *
 * @param certificate of this server, for every name and address under which the others connect to it
 * @param key of that certificate: a secret
 * @param authority the certificate of the authority
 */
public record MutualTls(String certificate, String key, String authority) {
    @Override
    public String toString() {
        return "MutualTls[<redacted>]";
    }
}
