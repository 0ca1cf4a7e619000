package io.unibus.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class ConditionsTest {
    @Test
    void eachConditionIsLoggedOnceWhenItBeginsAndOnceWhenItIsOver() {
        Logger log = (Logger) LoggerFactory.getLogger("conditions-test");
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        lines.start();
        log.addAppender(lines);
        log.setAdditive(false);
        Conditions conditions = new Conditions(log, "over");

        conditions.update(Map.of("clock", "99 s behind"));
        conditions.update(Map.of("clock", "100 s behind"));
        assertThat(conditions.sentences()).containsExactly("100 s behind");
        conditions.update(Map.of());

        assertThat(lines.list)
                .extracting(event -> event.getLevel() + " " + event.getFormattedMessage())
                .containsExactly("WARN 99 s behind", "INFO over: 100 s behind");
    }
}
