package io.unibus.embeddednats;

import java.nio.file.Path;

/**
 * A nats-server on the disk whose digest was checked; from {@link NatsBinary#installInto}.
 *
 * @param binDirectory the directory it was installed into, where every program is one of this library's
 */
public record InstalledBinary(Path binDirectory, Path executable, String version, String sha256) {}
