package io.unibus.embeddednats;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;

/** Renders a {@link ServerConfig} in the server's own format, every string quoted. The text holds secrets. */
final class ConfigText {
    /** Limits a handshake; on a busy host one takes longer than the server's own limit of two. */
    private static final int HANDSHAKE_SECONDS = 5;
    /** Limits a traced message to less than the header of a JWT, so that no login's password or token is traced. */
    private static final int TRACED_LENGTH = 40;

    private final StringBuilder text = new StringBuilder(2048);

    private ConfigText() {}

    /** The configuration of one child, whose clients connect on {@code clientPort} (0: the server chooses). */
    static String render(ServerConfig config, RunDirectory files, int clientPort) {
        ConfigText out = new ConfigText();
        out.line("# Written by the program that runs this server, anew at every start. It holds secrets.");
        out.value("server_name", config.serverName());
        out.value("host", config.clients().host());
        out.line("port: " + (clientPort == 0 ? -1 : clientPort));
        out.value("pid_file", files.pidFile().toString());
        out.value("ports_file_dir", files.portsDirectory().toString());
        config.clientTls().ifPresent(tls -> out.clientTls(files));
        config.maxPayload().ifPresent(bytes -> out.line("max_payload: " + bytes));
        config.maxSubscriptions().ifPresent(most -> out.line("max_subscriptions: " + most));
        // The shortest that the server takes; the supervisor waits less and goes on with SIGTERM.
        out.value("lame_duck_duration", "30s");
        out.value("lame_duck_grace_period", "100ms");
        out.debugging(config.debugMode());
        config.storeDirectory().ifPresent(directory -> out.jetStream(directory.toString()));
        config.cluster().ifPresent(cluster -> out.cluster(cluster, files));
        out.accounts(config);
        return out.text.toString();
    }

    private void clientTls(RunDirectory files) {
        line("tls {");
        value("  cert_file", files.clientCertificate().toString());
        value("  key_file", files.clientKey().toString());
        value("  min_version", "1.2");
        line("  timeout: " + HANDSHAKE_SECONDS);
        line("}");
    }

    private void debugging(DebugMode mode) {
        if (mode != DebugMode.OFF) {
            value("http", "127.0.0.1:-1");
            line("debug: true");
        }
        if (mode == DebugMode.TRACE) {
            line("trace: true");
            line("max_traced_msg_len: " + TRACED_LENGTH);
        }
    }

    private void jetStream(String storeDirectory) {
        line("jetstream {");
        value("  store_dir", storeDirectory);
        line("  sync_interval: always");
        line("}");
    }

    private void cluster(Cluster cluster, RunDirectory files) {
        line("cluster {");
        value("  name", cluster.name());
        value("  listen", cluster.listen().toString());
        line("  routes: ["
                + cluster.routes().stream()
                        .map(route -> Texts.quoted("nats-route://" + loginInUrl(cluster) + route))
                        .collect(Collectors.joining(", "))
                + "]");
        line("  pool_size: -1");
        // Of clients' addresses. Those of servers are passed on in any case, so that one route leads to all; but
        // without
        // this as the address that a connection is seen to come from.
        line("  no_advertise: true");
        if (!cluster.listen().isWildcard()) {
            value("  advertise", cluster.listen().toString());
        }
        // A cut peer's routes go after 2 to 3 seconds; with the server's defaults it takes 13.
        value("  ping_interval", "1s");
        value("  write_deadline", "2s");
        cluster.login()
                .ifPresent(login -> line("  authorization {" + " user: " + Texts.quoted(login.name()) + ", password: "
                        + Texts.quoted(login.password().reveal()) + " }"));
        cluster.tls().ifPresent(tls -> {
            line("  tls {");
            value("    cert_file", files.routeCertificate().toString());
            value("    key_file", files.routeKey().toString());
            value("    ca_file", files.routeAuthority().toString());
            line("    verify: true");
            line("    timeout: " + HANDSHAKE_SECONDS);
            line("  }");
        });
        line("}");
    }

    private static String loginInUrl(Cluster cluster) {
        return cluster.login()
                .map(login -> percentEncoded(login.name()) + ":"
                        + percentEncoded(login.password().reveal()) + "@")
                .orElse("");
    }

    private static String percentEncoded(String value) {
        return URLEncoder.encode(value, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private void accounts(ServerConfig config) {
        if (!config.accounts().isEmpty()) {
            line("accounts {");
            config.accounts().forEach(this::account);
            line("}");
        }
        config.systemAccount().ifPresent(account -> value("system_account", account));
        config.noAuthUser().ifPresent(user -> value("no_auth_user", user));
        config.authCallout().ifPresent(callout -> {
            line("authorization {");
            line("  timeout: " + callout.timeout().toMillis() / 1000.0);
            line("  auth_callout {");
            value("    issuer", callout.issuer());
            value("    account", callout.account());
            line("    auth_users: " + list(callout.authUsers()));
            line("  }");
            line("}");
        });
    }

    private void account(Account account) {
        line("  " + Texts.quoted(account.name()) + ": {");
        if (account.jetStream()) {
            line("    jetstream: enabled");
        }
        account.maxConnections().ifPresent(most -> line("    limits: { max_connections: " + most + " }"));
        line("    users: [");
        for (User user : account.users()) {
            if (user instanceof User.Nkey nkey) {
                line("      { nkey: " + Texts.quoted(nkey.publicKey()) + " }");
            } else if (user instanceof User.Password login) {
                line("      { user: " + Texts.quoted(login.name()) + ", password: "
                        + Texts.quoted(login.password().reveal()) + " }");
            }
        }
        line("    ]");
        line("  }");
    }

    private static String list(List<String> values) {
        return values.stream().map(Texts::quoted).collect(Collectors.joining(", ", "[", "]"));
    }

    private void value(String name, String value) {
        line(name + ": " + Texts.quoted(value));
    }

    private void line(String line) {
        text.append(line).append('\n');
    }
}
