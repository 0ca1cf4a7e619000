package io.unibus.node.config;

import io.unibus.embeddednats.HostPort;
import java.util.regex.Pattern;

/** The addresses that only this host can reach. */
public final class Loopback {
    private static final Pattern IPV4 = Pattern.compile("127(\\.\\d{1,3}){3}");

    private Loopback() {}

    public static boolean contains(HostPort address) {
        String host = address.host();
        return host.equals("localhost")
                || host.equals("::1")
                || IPV4.matcher(host).matches();
    }
}
