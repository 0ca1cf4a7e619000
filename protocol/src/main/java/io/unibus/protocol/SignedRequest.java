package io.unibus.protocol;

import java.net.URI;
import java.util.Locale;
import java.util.Optional;

/**
 * The parts of an HTTP request that its signature covers (RFC 9421, section 2.2), as they stand on the wire.
 *
 * @param method in capitals
 * @param authority host and port in lower case, without the port that is the scheme's own
 * @param path with its percent-encoding as it was sent, {@code /} when it is empty
 * @param query with the question mark before it, which alone stands for no query
 * @param contentDigest the field {@code Content-Digest}, there if and only if the request has a body
 */
public record SignedRequest(
        String method, String authority, String path, String query, Optional<String> contentDigest) {

    /** Returns the parts of a request that a client is about to send. */
    public static SignedRequest of(String method, URI uri, Optional<String> contentDigest) {
        return of(
                method,
                String.valueOf(uri.getScheme()),
                String.valueOf(uri.getRawAuthority()),
                Optional.ofNullable(uri.getRawPath()).orElse(""),
                Optional.ofNullable(uri.getRawQuery()).orElse(""),
                contentDigest);
    }

    /**
     * Returns the parts of a request as a server has received it.
     *
     * @param scheme {@code http} or {@code https}
     * @param host the field {@code Host}
     * @param rawQuery without the question mark
     */
    public static SignedRequest of(
            String method,
            String scheme,
            String host,
            String rawPath,
            String rawQuery,
            Optional<String> contentDigest) {
        return new SignedRequest(
                method, authority(scheme, host), rawPath.isEmpty() ? "/" : rawPath, "?" + rawQuery, contentDigest);
    }

    /** Returns a host and port in the form in which they are signed: RFC 9421, section 2.2.3. */
    public static String authority(String scheme, String host) {
        String lower = host.toLowerCase(Locale.ROOT);
        String ownPort = scheme.equalsIgnoreCase("https") ? ":443" : ":80";
        return lower.endsWith(ownPort) ? lower.substring(0, lower.length() - ownPort.length()) : lower;
    }
}
