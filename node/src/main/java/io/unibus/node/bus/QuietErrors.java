package io.unibus.node.bus;

import io.nats.client.Connection;
import io.nats.client.ErrorListener;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The child's supervisor reports what happens to the child; what its connections see of it is only of use in debugging. */
final class QuietErrors implements ErrorListener {
    private static final Logger log = LoggerFactory.getLogger(QuietErrors.class);

    @Override
    public void errorOccurred(Connection connection, String error) {
        log.debug("connection to nats-server: {}", error);
    }

    @Override
    public void exceptionOccurred(Connection connection, Exception e) {
        log.debug("connection to nats-server", e);
    }
}
