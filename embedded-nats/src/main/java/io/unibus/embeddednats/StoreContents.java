package io.unibus.embeddednats;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * What nats-server 2.15 has left in a store: {@code jetstream/ACCOUNT/streams/NAME/meta.inf}, and, when it ran in a
 * cluster, if only for a moment, the Raft groups {@code jetstream/ACCOUNT/_js_/GROUP}.
 */
record StoreContents(boolean streams, boolean raftGroups) {
    static StoreContents of(Path store) {
        try {
            boolean streams = false;
            boolean raftGroups = false;
            for (Path account : entries(store.resolve("jetstream"))) {
                // The remains of a deleted stream begin with a dot.
                streams |= entries(account.resolve("streams")).stream()
                        .map(stream -> String.valueOf(stream.getFileName()))
                        .anyMatch(name -> !name.startsWith("."));
                raftGroups |= !entries(account.resolve("_js_")).isEmpty();
            }
            return new StoreContents(streams, raftGroups);
        } catch (IOException e) {
            throw PrivateFiles.unusable("read", store, e);
        }
    }

    private static List<Path> entries(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.toList();
        }
    }
}
