package io.unibus.node.control;

/**
 * A reason for which a caller is not let in, on either door of a node, or does not get what it subscribes to. The code is that of the
 * problem document over HTTP.
 */
public enum DenialReason {
    /** No proof of who is calling. */
    SIGNATURE_MISSING("signature-missing"),
    SIGNATURE_MALFORMED("malformed-signature"),
    /** Made too long ago, or in the future. */
    SIGNATURE_OUTDATED("signature-outdated"),
    /** Made for a host that is none of the node's names. */
    SIGNATURE_OF_OTHER_HOST("signature-of-other-host"),
    SIGNATURE_WRONG("signature-wrong"),
    /** Used before. */
    SIGNATURE_REPLAYED("signature-replayed"),
    /** Not on the allowlist. */
    USER_UNKNOWN("user-unknown"),
    USER_REVOKED("user-revoked"),
    /** Has as many connections to the bus of this node as one endpoint may have. */
    TOO_MANY_CONNECTIONS("too-many-connections"),
    /** Is in more rooms than nats-server can be told of. */
    TOO_MANY_ROOMS("too-many-rooms"),
    /** Subscribes to a subject that is of none of its rooms and not its own inbox; counted with bus-auth {@code soft} only. */
    SUBSCRIPTION_NOT_ALLOWED("subscription-not-allowed");

    private final String code;

    DenialReason(String code) {
        this.code = code;
    }

    /** Returns the stable word for it. */
    public String code() {
        return code;
    }
}
