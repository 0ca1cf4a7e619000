package io.unibus.embeddednats;

import java.util.Optional;

/** Writes the certificates and keys of a server into its run directory, where the child reads them. Thread-safe. */
final class TlsFiles {
    private final ServerConfig config;
    private Optional<ClientTls> clientTls;

    TlsFiles(ServerConfig config) {
        this.config = config;
        this.clientTls = config.clientTls();
    }

    /** Writes all of them, for a child that is about to start. */
    synchronized void write(RunDirectory files) {
        config.cluster().flatMap(Cluster::tls).ifPresent(tls -> {
            PrivateFiles.write(files.routeCertificate(), tls.certificate());
            PrivateFiles.write(files.routeKey(), tls.key());
            PrivateFiles.write(files.routeAuthority(), tls.authority());
        });
        writeClientTls(files);
    }

    /** Replaces what clients are shown, for children to come, and in the files of a child that runs. */
    synchronized void replaceClientTls(ClientTls next, RunDirectory files) {
        clientTls = Optional.of(next);
        if (files.hasClientTls()) {
            writeClientTls(files);
        }
    }

    /** Removes whatever a child leaves behind, so that no key outlives it. */
    synchronized void removeWithTraces(RunDirectory files) {
        files.removeTracesOfChildren();
    }

    private void writeClientTls(RunDirectory files) {
        clientTls.ifPresent(tls -> {
            PrivateFiles.write(files.clientCertificate(), tls.certificate());
            PrivateFiles.write(files.clientKey(), tls.key());
        });
    }
}
