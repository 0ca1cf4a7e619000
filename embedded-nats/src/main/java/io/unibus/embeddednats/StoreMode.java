package io.unibus.embeddednats;

import io.unibus.embeddednats.NatsServerException.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Whose a JetStream store is: a server's that runs alone, or a cluster's. nats-server does not mind, and loses data: in a
 * cluster the streams of a server that ran alone are hidden at once, and after 30 seconds deleted or, when someone creates
 * a stream of that name, taken for its own. A file in the store remembers; a store without one is known by its contents.
 *
 * @param cluster the name of the cluster; empty for a server alone
 */
record StoreMode(Optional<String> cluster) {
    static final String FILE_NAME = "nats-server.mode";

    private static final String ALONE = "standalone";
    private static final String CLUSTER = "cluster ";

    static StoreMode of(ServerConfig config) {
        return new StoreMode(config.cluster().map(Cluster::name));
    }

    /**
     * Makes the store this mode's, or finds that it is.
     *
     * @throws NatsServerException {@code STORE_OF_OTHER_MODE}, with the store as it was
     */
    void claim(Path store) {
        Path file = store.resolve(FILE_NAME);
        Optional<StoreMode> recorded = read(file);
        Optional<String> objection = objection(recorded, StoreContents.of(store));
        if (objection.isPresent()) {
            throw new NatsServerException(Reason.STORE_OF_OTHER_MODE, "the store " + store + " " + objection.get());
        }
        if (!recorded.equals(Optional.of(this))) {
            PrivateFiles.writeDurably(file, text());
        }
    }

    /** Why this mode must not use such a store, and what to do; said of the store. */
    Optional<String> objection(Optional<StoreMode> recorded, StoreContents contents) {
        boolean empty = !contents.streams() && !contents.raftGroups();
        boolean ofCluster = recorded.map(mode -> mode.cluster().isPresent()).orElse(contents.raftGroups());
        boolean own = recorded.map(this::equals).orElse(ofCluster == cluster.isPresent());
        if (empty || own) {
            return Optional.empty();
        }
        return Optional.of(ofCluster ? ofCluster(recorded, contents) : ofServerAlone(contents));
    }

    private String ofCluster(Optional<StoreMode> recorded, StoreContents contents) {
        String owner = recorded.flatMap(StoreMode::cluster)
                .map(name -> "belongs to the cluster " + name)
                .orElse("belongs to a cluster");
        String use = cluster.map(name -> "the cluster " + name).orElse("a server alone");
        return owner + " and cannot be used by " + use
                + "; start the server in its cluster, or give it another directory"
                + (contents.streams() ? "" : " (this one holds no streams)");
    }

    private String ofServerAlone(StoreContents contents) {
        return contents.streams()
                ? "holds the streams of a server that ran alone, which would be lost in the cluster "
                        + cluster.orElse("")
                        + "; give the server an empty directory and copy what is needed over through a client, or start it"
                        + " alone"
                : "was used in a cluster before a server used it alone, and would mix the two; give the server an empty"
                        + " directory (this one holds no streams)";
    }

    private static Optional<StoreMode> read(Path file) {
        try {
            String text = Files.readString(file).strip();
            if (text.equals(ALONE)) {
                return Optional.of(new StoreMode(Optional.empty()));
            }
            if (text.startsWith(CLUSTER)) {
                return Optional.of(new StoreMode(Optional.of(text.substring(CLUSTER.length()))));
            }
            throw new NatsServerException(
                    Reason.STORE_OF_OTHER_MODE,
                    file + " does not say whose the store is; it holds \"" + ALONE + "\" or \"" + CLUSTER + "NAME\"");
        } catch (NoSuchFileException none) {
            return Optional.empty();
        } catch (IOException e) {
            throw PrivateFiles.unusable("read", file, e);
        }
    }

    private String text() {
        return cluster.map(name -> CLUSTER + name).orElse(ALONE) + "\n";
    }
}
