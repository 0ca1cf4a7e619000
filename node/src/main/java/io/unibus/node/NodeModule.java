package io.unibus.node;

import dagger.Module;
import dagger.Provides;
import io.unibus.embeddednats.StateListener;
import io.unibus.node.bus.Bus;
import io.unibus.node.config.NodeConfig;
import io.unibus.node.control.ControlPlane;
import io.unibus.store.Store;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.InstantSource;
import java.util.function.LongSupplier;
import javax.inject.Singleton;

/** How the parts are made that do not say so themselves, and the world outside: clock and randomness. */
@Module
final class NodeModule {
    private NodeModule() {}

    @Provides
    @Singleton
    static Store store(NodeConfig config) {
        return NodeStore.open(config.dataDir(), config.opTimeout());
    }

    @Provides
    @Singleton
    static Bus bus(NodeConfig config, SecureRandom random, InstantSource clock, StateListener childListener) {
        return new Bus(config, random, clock, childListener);
    }

    @Provides
    @Singleton
    static ControlPlane controlPlane(
            Store store, InstantSource clock, LongSupplier nanoTime, SecureRandom random, NodeConfig config) {
        return new ControlPlane(store, clock, nanoTime, random, config.opTimeout());
    }

    @Provides
    static InstantSource clock() {
        return Clock.systemUTC();
    }

    @Provides
    static LongSupplier nanoTime() {
        return System::nanoTime;
    }

    @Provides
    @Singleton
    static SecureRandom random() {
        return new SecureRandom();
    }
}
