package io.unibus.protocol;

/** Names of HTTP header fields that are unibus's own. */
public final class Headers {
    /** Names the caller while requests are not signed; the value is an {@link Endpoint}. */
    public static final String ENDPOINT = "Unibus-Endpoint";

    private Headers() {}
}
