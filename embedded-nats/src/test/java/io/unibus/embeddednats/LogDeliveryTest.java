package io.unibus.embeddednats;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.slf4j.event.Level;

class LogDeliveryTest {
    private final List<String> heard = new CopyOnWriteArrayList<>();

    @Test
    void bringsInformationAndWorseInOrder() {
        LogDelivery delivery = new LogDelivery(line -> heard.add(line.message()));
        delivery.start();
        for (Level level : List.of(Level.ERROR, Level.TRACE, Level.WARN, Level.DEBUG, Level.INFO)) {
            delivery.offer(new LogLine(level, level.toString()));
        }
        delivery.close();
        assertThat(heard).containsExactly("ERROR", "WARN", "INFO");
    }

    @Test
    void goesOnAfterAListenerThatFails() {
        LogDelivery delivery = new LogDelivery(line -> {
            heard.add(line.message());
            throw new IllegalStateException("as the test says");
        });
        delivery.start();
        delivery.offer(line("1"));
        delivery.offer(line("2"));
        delivery.close();
        assertThat(heard).containsExactly("1", "2");
    }

    @Test
    void nobodyWaitsForASlowListener() throws Exception {
        CountDownLatch busy = new CountDownLatch(1);
        CountDownLatch mayGoOn = new CountDownLatch(1);
        List<InterruptedException> problems = new ArrayList<>();
        LogDelivery delivery = new LogDelivery(line -> {
            heard.add(line.message());
            busy.countDown();
            try {
                mayGoOn.await();
            } catch (InterruptedException e) {
                problems.add(e);
            }
        });
        delivery.start();
        delivery.offer(line("first"));
        busy.await();
        for (int i = 0; i < LogDelivery.CAPACITY + 10; i++) {
            delivery.offer(line("line " + i));
        }
        mayGoOn.countDown();
        delivery.close();
        assertThat(heard).contains("first");
        assertThat(heard.size()).isLessThanOrEqualTo(LogDelivery.CAPACITY + 1);
        assertThat(problems).isEmpty();
    }

    private static LogLine line(String message) {
        return new LogLine(Level.INFO, message);
    }
}
