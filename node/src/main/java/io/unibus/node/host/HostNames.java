package io.unibus.node.host;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** The name and the addresses of this host, as the host itself knows them. */
public final class HostNames {
    private static final Path KERNEL_HOST_NAME = Path.of("/proc/sys/kernel/hostname");

    private HostNames() {}

    /** Returns the host's name, with its domain if the host has one set. */
    public static Optional<String> name() {
        try {
            return Optional.of(Files.readString(KERNEL_HOST_NAME).strip()).filter(name -> !name.isEmpty());
        } catch (IOException e) {
            return nameOfPlatform();
        }
    }

    private static Optional<String> nameOfPlatform() {
        try {
            return Optional.of(InetAddress.getLocalHost().getHostName());
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Returns the addresses of all interfaces in text form, those of loopback among them. */
    public static Set<String> addresses() {
        Set<String> addresses = new TreeSet<>();
        try {
            NetworkInterface.networkInterfaces()
                    .flatMap(NetworkInterface::inetAddresses)
                    .filter(address -> !(address instanceof Inet6Address && address.isLinkLocalAddress()))
                    .forEach(address -> addresses.add(withoutScope(address.getHostAddress())));
        } catch (SocketException e) {
            return Set.of(); // a host that does not say; what the operator has named must do
        }
        return addresses;
    }

    private static String withoutScope(String address) {
        int scope = address.indexOf('%');
        return scope < 0 ? address : address.substring(0, scope);
    }
}
