package io.unibus.node.http;

import io.unibus.embeddednats.HostPort;
import io.unibus.protocol.SignedRequest;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Collection;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The names by which clients may ask this node: the address that a request came to, the host name of the listener, and what
 * the operator has named. A request signed for another authority was not meant for this node, and may be a replay.
 */
final class OwnAuthorities {
    private static final Pattern LOOPBACK = Pattern.compile("localhost|127(\\.\\d{1,3}){3}|\\[::1]");
    private static final String BYTE = "(25[0-5]|2[0-4]\\d|1?\\d?\\d)";
    /** Matches addresses only, so that none is looked up as a name. */
    private static final Pattern IP_ADDRESS = Pattern.compile(BYTE + "(\\." + BYTE + "){3}|\\[[0-9a-f:.]+]");

    private static final Pattern PORT = Pattern.compile(":(\\d{1,5})$");

    private final String scheme;
    private final String listenHost;
    private final Set<String> named;

    /**
     * @param scheme {@code http} or {@code https}
     * @param named with a port, or without one for the scheme's own
     */
    OwnAuthorities(String scheme, HostPort listen, Collection<String> named) {
        this.scheme = scheme;
        this.listenHost = listen.host().toLowerCase(Locale.ROOT);
        this.named = named.stream()
                .map(name -> SignedRequest.authority(scheme, name))
                .collect(Collectors.toUnmodifiableSet());
    }

    /**
     * Returns whether a request for {@code host} was meant for this node.
     *
     * @param host the field {@code Host}
     * @param destination the address to which the request came
     */
    boolean include(String host, InetSocketAddress destination) {
        String authority = SignedRequest.authority(scheme, host);
        if (named.contains(authority)) {
            return true;
        }
        if (port(authority) != destination.getPort()) {
            return false;
        }
        String name = withoutPort(authority);
        InetAddress address = destination.getAddress();
        return IP_ADDRESS.matcher(name).matches()
                ? isAddress(name, address)
                : name.equals(listenHost) || (name.equals("localhost") && address.isLoopbackAddress());
    }

    /** Returns whether the operator has named {@code host}. */
    boolean names(String host) {
        return named.contains(SignedRequest.authority(scheme, host));
    }

    /** Returns whether a field {@code Host} is an address of loopback or {@code localhost}, with any port. */
    static boolean isLoopback(String host) {
        return LOOPBACK.matcher(withoutPort(host)).matches();
    }

    /** Returns whether a field {@code Host} is an IP address or {@code localhost}, with any port. */
    static boolean isAddress(String host) {
        String name = withoutPort(host);
        return name.equals("localhost") || IP_ADDRESS.matcher(name).matches();
    }

    private int port(String authority) {
        Matcher port = PORT.matcher(authority);
        if (port.find()) {
            return Integer.parseInt(port.group(1));
        }
        return scheme.equals("https") ? 443 : 80;
    }

    private static boolean isAddress(String name, InetAddress address) {
        try {
            return InetAddress.getByName(name).equals(address);
        } catch (UnknownHostException e) { // colons that are no address
            return false;
        }
    }

    private static String withoutPort(String host) {
        return PORT.matcher(host.toLowerCase(Locale.ROOT)).replaceFirst("");
    }
}
