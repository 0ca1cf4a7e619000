package io.unibus.node.tls;

import io.unibus.node.config.NodeConfig;
import io.unibus.node.host.HostNames;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.bouncycastle.util.IPAddress;

/** The names and addresses by which clients ask a node, and those that a certificate is for (RFC 5280, 4.2.1.6). */
final class CertificateHosts {
    /** The kinds of names in a certificate that hosts have. */
    private static final int DNS_NAME = 2;

    private static final int IP_ADDRESS = 7;

    private CertificateHosts() {}

    /** Returns the addresses listened on, what the operator has named, and what the host knows of itself. */
    static Set<String> ofNode(NodeConfig config) {
        Set<String> hosts = new TreeSet<>(HostNames.addresses());
        HostNames.name().ifPresent(hosts::add);
        hosts.add("localhost");
        if (!config.http().isWildcard()) {
            hosts.add(config.http().host());
        }
        if (!config.nats().isWildcard()) {
            hosts.add(config.nats().host());
        }
        config.httpNames().forEach(name -> hosts.add(withoutPort(name)));
        return hosts;
    }

    private static String withoutPort(String name) {
        return name.replaceFirst(":\\d{1,5}$", "").replaceAll("[\\[\\]]", "");
    }

    /** Returns the names in a certificate, for people and for {@link #includesAny}; its subject is none of them. */
    static List<String> of(X509Certificate certificate) {
        try {
            return Optional.ofNullable(certificate.getSubjectAlternativeNames()).orElse(List.of()).stream()
                    .filter(name -> name.get(0).equals(DNS_NAME) || name.get(0).equals(IP_ADDRESS))
                    .map(name -> String.valueOf(name.get(1)).toLowerCase(Locale.ROOT))
                    .toList();
        } catch (CertificateParsingException e) {
            return List.of();
        }
    }

    /** Returns whether a certificate with these names is one for any of the hosts. */
    static boolean includesAny(Collection<String> names, Collection<String> hosts) {
        return hosts.stream()
                .anyMatch(host -> names.stream().anyMatch(name -> matches(name, host.toLowerCase(Locale.ROOT))));
    }

    private static boolean matches(String name, String host) {
        if (IPAddress.isValid(name) || IPAddress.isValid(host)) {
            return IPAddress.isValid(name) && IPAddress.isValid(host) && isSameAddress(name, host);
        }
        return name.equals(host)
                || (name.startsWith("*.")
                        && host.indexOf('.') > 0
                        && name.substring(1).equals(host.substring(host.indexOf('.'))));
    }

    /** Both are addresses, so that nothing is looked up. */
    private static boolean isSameAddress(String one, String other) {
        try {
            return InetAddress.getByName(one).equals(InetAddress.getByName(other));
        } catch (UnknownHostException e) {
            return false;
        }
    }
}
