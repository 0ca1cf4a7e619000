package io.unibus.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AddressesTest {
    private final List<Runnable> hanging = new ArrayList<>();
    private final InetAddress first = InetAddress.getLoopbackAddress();
    private Optional<InetAddress> answer = Optional.of(first);
    private boolean hangs;

    private final Executor executor = work -> {
        if (hangs) {
            hanging.add(work);
        } else {
            work.run();
        }
    };
    private final Addresses addresses = new Addresses(this::resolve, executor, 1, 1);

    private InetAddress resolve(String host) throws UnknownHostException {
        return answer.orElseThrow(() -> new UnknownHostException(host));
    }

    @BeforeEach
    void nothingIsKnownOfANameThatNeverResolved() throws InterruptedException {
        Optional<InetAddress> known = answer;
        answer = Optional.empty();
        assertThat(addresses.of("n2")).isEmpty();
        answer = known;
    }

    @Test
    void aNameThatDoesNotResolveHasItsLastAddress() throws InterruptedException {
        assertThat(addresses.of("n2")).contains(first);
        answer = Optional.empty();
        assertThat(addresses.of("n2")).contains(first);
        assertThat(addresses.of("n3")).isEmpty();
    }

    @Test
    void aNameThatResolvesAnewHasItsNewAddress() throws Exception {
        assertThat(addresses.of("n2")).contains(first);
        InetAddress moved = InetAddress.getByAddress(new byte[] {127, 0, 0, 2});
        answer = Optional.of(moved);
        assertThat(addresses.of("n2")).contains(moved);
    }

    @Test
    void aNameServerThatHangsIsAskedOnceAndHeardLater() throws InterruptedException {
        hangs = true;
        assertThat(addresses.of("n2")).isEmpty();
        assertThat(addresses.of("n2")).isEmpty();
        assertThat(hanging).hasSize(1);
        hanging.get(0).run();
        assertThat(addresses.of("n2")).contains(first);
    }
}
