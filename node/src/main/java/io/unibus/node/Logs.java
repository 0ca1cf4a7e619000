package io.unibus.node;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.spi.ContextAwareBase;
import io.unibus.embeddednats.DebugMode;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logging: to standard error, one line an event, times in UTC. Commands log warnings only; a node also what it does. Found
 * by Logback as a service; in code, because reading XML would cost a tenth of a second of every start.
 */
public final class Logs extends ContextAwareBase implements Configurator {
    private static final String NATS_SERVER = "nats-server";
    private static final String XNIO = "org.xnio";

    @Override
    public ExecutionStatus configure(LoggerContext context) {
        PatternLayoutEncoder encoder = new PatternLayoutEncoder();
        encoder.setContext(context);
        encoder.setPattern("%d{yyyy-MM-dd'T'HH:mm:ss.SSS'Z',UTC} %-5level %logger{0} %msg%n");
        encoder.start();
        ConsoleAppender<ILoggingEvent> console = new ConsoleAppender<>();
        console.setContext(context);
        console.setTarget("System.err");
        console.setEncoder(encoder);
        console.start();
        context.getLogger(Logger.ROOT_LOGGER_NAME).addAppender(console);
        context.getLogger(Logger.ROOT_LOGGER_NAME).setLevel(Level.WARN);
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }

    /** Says what the node does, and of the child warnings and errors, or all it says when debugging. */
    public static void forNode(DebugMode natsDebug) {
        level("io.unibus", Level.INFO);
        level(NATS_SERVER, natsDebug == DebugMode.OFF ? Level.WARN : Level.TRACE);
    }

    /** A connection that comes while the threads for connections end is refused, which XNIO takes for its own error. */
    static void forStopping() {
        level(XNIO, Level.OFF);
    }

    /** Writes out what is still held back; to be called last. */
    public static void flush() {
        ((LoggerContext) LoggerFactory.getILoggerFactory()).stop();
    }

    private static void level(String logger, Level level) {
        ((LoggerContext) LoggerFactory.getILoggerFactory()).getLogger(logger).setLevel(level);
    }
}
