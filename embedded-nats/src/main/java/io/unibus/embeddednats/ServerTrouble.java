package io.unibus.embeddednats;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What is wrong with the cluster or the store, understood from one line of the server's log, as nats-server 2.15 writes it.
 * One trouble makes many lines; other versions may word them otherwise, so nothing but advice should rest on it.
 *
 * @param peer the other server, as the line names it: {@code host:port} where it was dialled, else its host or its name;
 *     empty where no other server is concerned
 * @param advice what is wrong and what to do, as a sentence; it holds no secret
 */
public record ServerTrouble(Kind kind, Optional<String> peer, String advice) {
    /** What an operator does differently about. */
    public enum Kind {
        /** Not there yet, or gone, or not to be reached: no trouble while a cluster starts. */
        UNREACHABLE,
        /** Something answers there that is no server's cluster listener. */
        NOT_A_CLUSTER_LISTENER,
        /** Another cluster login, on this side or the other. */
        OTHER_LOGIN,
        /** No TLS, or a certificate of another authority or for another name, on this side or the other. */
        OTHER_AUTHORITY,
        /** A server of a cluster of another name. */
        OTHER_CLUSTER,
        /** Another server has this server's name. */
        SAME_NAME,
        /** Too few servers are connected for JetStream, or one stream, to work: no trouble while a cluster starts. */
        NO_QUORUM,
        /** No space, or a limit of the store is reached; even with space again, JetStream works only after a restart. */
        STORE_FULL,
        /** A write to the store failed for another reason. */
        STORE_FAILED
    }

    private record Rule(Pattern pattern, Function<Matcher, ServerTrouble> meaning) {
        Optional<ServerTrouble> of(String message) {
            Matcher matcher = pattern.matcher(message);
            return matcher.matches() ? Optional.of(meaning.apply(matcher)) : Optional.empty();
        }
    }

    private static final String ROUTE = "(\\S+) - rid:\\d+ - ";

    /** The first that fits counts. */
    private static final List<Rule> RULES = List.of(
            rule(
                    "Error trying to connect to route \\(attempt \\d+\\): dial \\w+ (\\S+): (.*)",
                    found -> unreachable(found.group(1), found.group(2))),
            rule(
                    "Error trying to connect to route \\(attempt \\d+\\): lookup for host \"([^\"]*)\": .*",
                    found -> unreachable(found.group(1), "its address cannot be looked up")),
            rule(
                    ROUTE + "Router parser ERROR, .*",
                    found -> new ServerTrouble(
                            Kind.NOT_A_CLUSTER_LISTENER,
                            Optional.of(found.group(1)),
                            "what answers on " + found.group(1)
                                    + " is not the cluster listener of a nats-server; correct the"
                                    + " address of that server")),
            rule(
                    ROUTE + "Route Error 'Authorization Violation'",
                    found -> new ServerTrouble(
                            Kind.OTHER_LOGIN,
                            Optional.of(found.group(1)),
                            "the server on " + found.group(1)
                                    + " refuses this server's cluster login; give all servers of the"
                                    + " cluster the same, and see that this is the other's cluster address")),
            rule(
                    ROUTE + "authentication error.*",
                    found -> new ServerTrouble(
                            Kind.OTHER_LOGIN,
                            Optional.of(host(found.group(1))),
                            "a server on " + host(found.group(1))
                                    + " came with another cluster login and was refused; give all"
                                    + " servers of the cluster the same")),
            rule(
                    ROUTE + "TLS route handshake error: (?:remote error: )?tls: .*",
                    found -> new ServerTrouble(
                            Kind.OTHER_AUTHORITY,
                            Optional.of(host(found.group(1))),
                            "no encrypted connection with a server on " + host(found.group(1))
                                    + ": servers of one cluster have certificates of one authority, each for the name by"
                                    + " which the others know it")),
            rule(
                    ROUTE + "TLS route handshake error: .*",
                    found -> unreachable(host(found.group(1)), "the TLS handshake did not end")),
            rule(
                    ROUTE + "Route Error 'Rejecting connection, cluster name \"(.*)\" does not match \"(.*)\"'",
                    found -> otherCluster(found.group(1), found.group(3), found.group(2))),
            rule(
                    ROUTE + "Rejecting connection, cluster name \"(.*)\" does not match \"(.*)\"",
                    found -> otherCluster(host(found.group(1)), found.group(2), found.group(3))),
            rule(
                    ROUTE + "Remote server has a duplicate name: \"(.*)\"",
                    found -> new ServerTrouble(
                            Kind.SAME_NAME,
                            Optional.of(host(found.group(1))),
                            "a server on " + host(found.group(1)) + " is named " + found.group(2)
                                    + " like this one and was"
                                    + " refused; give each server of the cluster a name of its own")),
            rule(
                    "JetStream cluster stream '(.*)' has NO quorum, stalled",
                    found -> noQuorum("stream " + found.group(1))),
            rule(
                    "JetStream cluster consumer '(.*)' has NO quorum, stalled.*",
                    found -> noQuorum("consumer " + found.group(1))),
            rule(
                    "JetStream cluster no metadata leader|Waiting for routing to be established\\.\\.\\."
                            + "|JetStream has not established contact with a meta leader",
                    found -> noQuorum("JetStream")),
            rule(
                    "JetStream out of \\w+ resources, will be DISABLED|JetStream \\w+ resource limits exceeded .*",
                    found -> storeFull(found.group())),
            rule(
                    ".*: (?:no space left on device|disk quota exceeded|file too large)",
                    found -> storeFull(found.group())),
            rule(
                    ".*Critical write error: (.*)|.* critical write error: (.*)",
                    found -> new ServerTrouble(
                            Kind.STORE_FAILED,
                            Optional.empty(),
                            "JetStream cannot write to its store; see to the disk, then restart the server: "
                                    + found.group())));

    /** Empty for a line that says nothing of the kind, as most do. */
    public static Optional<ServerTrouble> of(LogLine line) {
        return RULES.stream().flatMap(rule -> rule.of(line.message()).stream()).findFirst();
    }

    private static Rule rule(String pattern, Function<Matcher, ServerTrouble> meaning) {
        return new Rule(Pattern.compile(pattern), meaning);
    }

    private static ServerTrouble unreachable(String peer, String why) {
        return new ServerTrouble(
                Kind.UNREACHABLE,
                Optional.of(peer),
                "the server " + peer + " is not connected yet (" + why + "); it is tried again and again");
    }

    private static ServerTrouble otherCluster(String peer, String remote, String own) {
        return new ServerTrouble(
                Kind.OTHER_CLUSTER,
                Optional.of(peer),
                "the server on " + peer + " belongs to the cluster " + remote + ", this one to " + own
                        + "; give both the same cluster name, or take the address out");
    }

    private static ServerTrouble noQuorum(String what) {
        return new ServerTrouble(
                Kind.NO_QUORUM,
                Optional.empty(),
                what + " waits until more than half of its servers are connected; start those that are missing");
    }

    private static ServerTrouble storeFull(String message) {
        return new ServerTrouble(
                Kind.STORE_FULL,
                Optional.empty(),
                "JetStream has no space left; make space, then restart the server: " + message);
    }

    private static String host(String address) {
        int colon = address.lastIndexOf(':');
        return colon < 0 ? address : address.substring(0, colon).replaceAll("[\\[\\]]", "");
    }
}
