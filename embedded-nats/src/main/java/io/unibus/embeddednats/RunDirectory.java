package io.unibus.embeddednats;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The files of a running server, in one directory of the caller's. */
record RunDirectory(Path root) {
    static final String LOCK_NAME = "nats-server.lock";

    Path configFile() {
        return root.resolve("nats-server.conf");
    }

    Path routeCertificate() {
        return root.resolve("nats-server.routes.crt");
    }

    Path routeKey() {
        return root.resolve("nats-server.routes.key");
    }

    Path routeAuthority() {
        return root.resolve("nats-server.routes.ca.crt");
    }

    Path clientCertificate() {
        return root.resolve("nats-server.clients.crt");
    }

    Path clientKey() {
        return root.resolve("nats-server.clients.key");
    }

    /** Returns whether a child was given a certificate for clients. */
    boolean hasClientTls() {
        return Files.exists(clientKey());
    }

    Path pidFile() {
        return root.resolve("nats-server.pid");
    }

    Path portsDirectory() {
        return root.resolve("nats-server.ports");
    }

    /**
     * What the child of that pid says about its listeners, once they are open. Such a file is proof that this child
     * holds these addresses.
     */
    Optional<Listeners> listeners(long pid) {
        try {
            return Listeners.parse(Files.readString(portsDirectory().resolve("nats-server_" + pid + ".ports")));
        } catch (IOException notYetThere) {
            return Optional.empty();
        }
    }

    /** Removes what a child leaves behind that was killed; its name carries a pid that another child may get. */
    void removeTracesOfChildren() {
        try {
            removeTraces();
        } catch (IOException e) {
            throw PrivateFiles.unusable("remove old files from", root, e);
        }
    }

    private void removeTraces() throws IOException {
        for (Path file : List.of(
                pidFile(), routeCertificate(), routeKey(), routeAuthority(), clientCertificate(), clientKey())) {
            Files.deleteIfExists(file);
        }
        if (Files.isDirectory(portsDirectory())) {
            try (DirectoryStream<Path> files = Files.newDirectoryStream(portsDirectory(), "*.ports")) {
                for (Path file : files) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }
}
