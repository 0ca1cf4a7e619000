package io.unibus.node.config;

import java.util.Locale;
import java.util.Optional;

/**
 * The one table of options of {@code unibus node}: the parser, {@code --help} and {@code docs/configuration.md} are made
 * from it. Each option is also an environment variable and a key of the configuration file.
 */
public enum NodeOption {
    DATA_DIR("DIR", "./unibus-data", "Where the node keeps all it has; one node per directory."),
    NAME("NAME", "the host's name", "Name of the node, unique in its cluster: letters, digits, - and _."),
    HTTP("HOST:PORT", "127.0.0.1:8420", "Where the HTTP control plane listens; port 0 takes a free one."),
    HTTP_NAMES(
            "HOST[:PORT],...",
            "none",
            "Names by which clients ask this node beside the address of --http, as behind a proxy."),
    NATS("HOST:PORT", "127.0.0.1:4222", "Where peers connect to the bus; port 0 takes a free one."),
    CLUSTER("HOST:PORT", "none: alone", "Where the other nodes of the cluster connect to; needs --store kv."),
    ROUTES(
            "HOST:PORT,...",
            "none",
            "Where the nodes of the cluster listen with --cluster; this node may be among them."),
    CLUSTER_NAME("NAME", "unibus", "Name of the cluster, the same on each of its nodes."),
    CLUSTER_KEY("FILE", "DATA/cluster.key", "Secret shared by the nodes of a cluster; a node alone makes its own."),
    STORE("sqlite|kv", "sqlite", "Where rooms and users are kept: one file, or the replicated buckets of the bus."),
    REPLICAS("1..5", "1 alone, 3 in a cluster", "How many nodes keep a copy of each bucket; with --store kv."),
    BUS_AUTH(
            "off|soft|enforce",
            "off",
            "How callers are verified: off believes the name they give; soft too, but counts who proves nothing; enforce lets"
                    + " in only proven users."),
    TLS(
            "off|auto|files",
            "off",
            "Encrypts --http and --nats: auto with a certificate of the node's own making, files with one of yours."),
    TLS_CERT("FILE", "none", "With --tls files: the certificate and those it is signed with, as PEM."),
    TLS_KEY("FILE", "none", "With --tls files: the key of that certificate, as PEM."),
    INSECURE(
            "",
            "false",
            "Allow --http and --nats to listen beyond loopback although callers need not prove who they are."),
    OP_TIMEOUT("TIME", "2s", "Limit of one operation on the store, such as 500ms, 2s or 1m."),
    BOOTSTRAP_TIMEOUT("TIME", "120s", "Limit of the start of the replicated store, while other nodes come up."),
    AUTHZ_MAX_STALENESS(
            "TIME", "2s", "For how long a quorum's confirmation lets decisions be made; 0 confirms each one anew."),
    FEATURE_FLAGS("FILE", "none", "Rollout states of features, as `unibus flags` shows them."),
    CONFIG("FILE", "none", "Properties file with any of these options as keys, such as http=127.0.0.1:8420.");

    private final String valueForm;
    private final String defaultValue;
    private final String description;

    NodeOption(String valueForm, String defaultValue, String description) {
        this.valueForm = valueForm;
        this.defaultValue = defaultValue;
        this.description = description;
    }

    /** As in the configuration file: {@code data-dir}. */
    public String key() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** As on the command line: {@code --data-dir}. */
    public String flag() {
        return "--" + key();
    }

    /** As in the environment: {@code UNIBUS_DATA_DIR}. */
    public String variable() {
        return "UNIBUS_" + name();
    }

    /** Placeholder of the value in help texts; empty for a switch. */
    public String valueForm() {
        return valueForm;
    }

    public boolean isSwitch() {
        return valueForm.isEmpty();
    }

    /** For people; a value or, where there is none or it depends on the host, a description of it. */
    public String defaultValue() {
        return defaultValue;
    }

    public String description() {
        return description;
    }

    static Optional<NodeOption> ofKey(String key) {
        for (NodeOption option : values()) {
            if (option.key().equals(key)) {
                return Optional.of(option);
            }
        }
        return Optional.empty();
    }

    static Optional<NodeOption> ofVariable(String variable) {
        for (NodeOption option : values()) {
            if (option.variable().equals(variable)) {
                return Optional.of(option);
            }
        }
        return Optional.empty();
    }
}
