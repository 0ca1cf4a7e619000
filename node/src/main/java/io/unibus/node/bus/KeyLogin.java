package io.unibus.node.bus;

import io.nats.client.AuthHandler;
import org.jspecify.annotations.Nullable;

/** Logs a connection of this node in by signing the server's nonce. */
final class KeyLogin implements AuthHandler {
    private final BusKeys user;

    KeyLogin(BusKeys user) {
        this.user = user;
    }

    @Override
    public byte[] sign(byte[] nonce) {
        return user.signNonce(nonce);
    }

    @Override
    public char[] getID() {
        return user.publicKey().toCharArray();
    }

    @Override
    public char @Nullable [] getJWT() {
        return null;
    }
}
