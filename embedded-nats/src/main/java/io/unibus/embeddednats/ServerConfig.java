package io.unibus.embeddednats;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** What the server is to be: validated and immutable. It holds secrets, none of which its {@code toString} shows. */
public final class ServerConfig {
    private final String serverName;
    private final HostPort clients;
    private final Optional<ClientTls> clientTls;
    private final OptionalInt maxPayload;
    private final OptionalInt maxSubscriptions;
    private final Optional<Path> storeDirectory;
    private final Optional<Cluster> cluster;
    private final List<Account> accounts;
    private final Optional<String> systemAccount;
    private final Optional<String> noAuthUser;
    private final Optional<AuthCallout> authCallout;
    private final DebugMode debugMode;

    private ServerConfig(Builder builder) {
        serverName = builder.serverName;
        clients = builder.clients;
        clientTls = builder.clientTls;
        maxPayload = builder.maxPayload;
        maxSubscriptions = builder.maxSubscriptions;
        storeDirectory = builder.storeDirectory;
        cluster = builder.cluster;
        accounts = List.copyOf(builder.accounts);
        systemAccount = builder.systemAccount;
        noAuthUser = builder.noAuthUser;
        authCallout = builder.authCallout;
        debugMode = builder.debugMode;
    }

    /** A server that listens for clients on 127.0.0.1, on a port of its choice, until told otherwise. */
    public static Builder builder(String serverName) {
        return new Builder(serverName);
    }

    public String serverName() {
        return serverName;
    }

    public HostPort clients() {
        return clients;
    }

    /** Returns what clients are shown at first; empty for connections without TLS. */
    Optional<ClientTls> clientTls() {
        return clientTls;
    }

    OptionalInt maxPayload() {
        return maxPayload;
    }

    OptionalInt maxSubscriptions() {
        return maxSubscriptions;
    }

    public Optional<Path> storeDirectory() {
        return storeDirectory;
    }

    public Optional<Cluster> cluster() {
        return cluster;
    }

    List<Account> accounts() {
        return accounts;
    }

    Optional<String> systemAccount() {
        return systemAccount;
    }

    Optional<String> noAuthUser() {
        return noAuthUser;
    }

    Optional<AuthCallout> authCallout() {
        return authCallout;
    }

    DebugMode debugMode() {
        return debugMode;
    }

    @Override
    public String toString() {
        return "ServerConfig[" + serverName + ", clients " + clients + "]";
    }

    /** Collects; {@link #build} checks. */
    public static final class Builder {
        private final String serverName;
        private HostPort clients = new HostPort("127.0.0.1", 0);
        private Optional<ClientTls> clientTls = Optional.empty();
        private OptionalInt maxPayload = OptionalInt.empty();
        private OptionalInt maxSubscriptions = OptionalInt.empty();
        private Optional<Path> storeDirectory = Optional.empty();
        private Optional<Cluster> cluster = Optional.empty();
        private final List<Account> accounts = new ArrayList<>();
        private Optional<String> systemAccount = Optional.empty();
        private Optional<String> noAuthUser = Optional.empty();
        private Optional<AuthCallout> authCallout = Optional.empty();
        private DebugMode debugMode = DebugMode.OFF;

        private Builder(String serverName) {
            this.serverName = serverName;
        }

        /** Where clients connect to; with port 0 the server chooses one, and keeps it over restarts of the child. */
        public Builder clients(HostPort address) {
            clients = address;
            return this;
        }

        /** Lets clients in over TLS 1.2 or 1.3 only. {@link NatsServer#replaceClientTls} replaces the certificate. */
        public Builder clientTls(ClientTls value) {
            clientTls = Optional.of(value);
            return this;
        }

        /** The largest message in bytes; the server's own default is 1 MiB. */
        public Builder maxPayload(int bytes) {
            maxPayload = OptionalInt.of(bytes);
            return this;
        }

        /** Limits the subscriptions of one connection; by default there is no limit. */
        public Builder maxSubscriptions(int most) {
            maxSubscriptions = OptionalInt.of(most);
            return this;
        }

        /** Turns JetStream on. Every write is on the disk before it is acknowledged ({@code sync_interval: always}). */
        public Builder jetStream(Path directory) {
            storeDirectory = Optional.of(directory);
            return this;
        }

        public Builder cluster(Cluster value) {
            cluster = Optional.of(value);
            return this;
        }

        /** Adds an account. */
        public Builder account(Account account) {
            accounts.add(account);
            return this;
        }

        /** Names the account, one of those added, whose users see the server's own events and requests. */
        public Builder systemAccount(String account) {
            systemAccount = Optional.of(account);
            return this;
        }

        /** Names the user as whom clients are let in that say nothing of themselves. */
        public Builder noAuthUser(String user) {
            noAuthUser = Optional.of(user);
            return this;
        }

        public Builder authCallout(AuthCallout value) {
            authCallout = Optional.of(value);
            return this;
        }

        public Builder debugMode(DebugMode mode) {
            debugMode = mode;
            return this;
        }

        /** Checks what the parts mean together. @throws IllegalArgumentException naming what does not fit */
        public ServerConfig build() {
            Texts.requirePlain("server name", serverName);
            require(!serverName.contains(" "), "a server name has no spaces: " + serverName);
            require(maxPayload.orElse(1) > 0, "maxPayload is positive");
            require(maxSubscriptions.orElse(1) > 0, "maxSubscriptions is positive");
            Set<String> names = new HashSet<>();
            Set<String> users = new HashSet<>();
            for (Account account : accounts) {
                require(names.add(account.name()), "there are two accounts " + account.name());
                require(
                        !account.jetStream() || storeDirectory.isPresent(),
                        "account " + account.name() + " has JetStream, and the server has no store directory");
                for (User user : account.users()) {
                    require(users.add(nameOf(user)), "there are two users " + nameOf(user));
                }
            }
            systemAccount.ifPresent(name -> require(names.contains(name), "there is no system account " + name));
            noAuthUser.ifPresent(name -> require(users.contains(name), "there is no user " + name));
            authCallout.ifPresent(callout -> {
                require(names.contains(callout.account()), "there is no account " + callout.account());
                callout.authUsers().forEach(user -> require(users.contains(user), "there is no user " + user));
            });
            return new ServerConfig(this);
        }

        private static String nameOf(User user) {
            if (user instanceof User.Nkey nkey) {
                return nkey.publicKey();
            }
            return ((User.Password) user).name();
        }

        private static void require(boolean holds, String otherwise) {
            if (!holds) {
                throw new IllegalArgumentException(otherwise);
            }
        }
    }
}
