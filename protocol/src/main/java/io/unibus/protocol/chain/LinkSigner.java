package io.unibus.protocol.chain;

/** Signs as the author of a link, with the private key of its endpoint. */
@FunctionalInterface
public interface LinkSigner {
    /** Returns the 64 bytes of the Ed25519 signature (RFC 8032, pure) of {@code text}. */
    byte[] sign(byte[] text);
}
