package io.unibus.node.bus;

import java.util.function.Consumer;

/** Lets everybody in at once, with bus-auth {@code off} and {@code soft}. */
final class OpenLoginPolicy implements LoginPolicy {
    private final Consumer<AuthRequest> observer;

    /** @param observer is given each request that was answered, and must not wait */
    OpenLoginPolicy(Consumer<AuthRequest> observer) {
        this.observer = observer;
    }

    @Override
    public void decide(AuthRequest request, AuthReply reply) {
        reply.allow(BusPermissions.everything());
        if (!request.mayBeAskedAgain()) {
            observer.accept(request);
        }
    }

    @Override
    public void noteForeign(AuthRequest request) {}
}
