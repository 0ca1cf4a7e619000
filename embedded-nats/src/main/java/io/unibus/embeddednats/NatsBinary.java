package io.unibus.embeddednats;

import io.unibus.embeddednats.NatsServerException.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The nats-server in this jar. Immutable; threads and processes may install at the same time. */
public final class NatsBinary {
    private static final List<String> PLATFORMS = List.of("linux-amd64", "linux-arm64", "darwin-amd64", "darwin-arm64");
    private static final int BUFFER = 1 << 20;

    private final Source source;
    private final String version;
    private final String sha256;

    NatsBinary(Source source, String version, String sha256) {
        this.source = source;
        this.version = version;
        this.sha256 = sha256;
    }

    /** Where the bytes of the program come from. */
    interface Source {
        InputStream open() throws IOException;
    }

    /**
     * The binary for this machine.
     *
     * @throws NatsServerException {@code BINARY_UNUSABLE} when the jar holds none for it
     */
    public static NatsBinary bundled() {
        return bundled(platform(System.getProperty("os.name", ""), System.getProperty("os.arch", "")));
    }

    static NatsBinary bundled(String platform) {
        try (InputStream in = resource(platform, "nats-server.properties")) {
            if (in == null) {
                throw new NatsServerException(Reason.BINARY_UNUSABLE, notBundled(platform));
            }
            Properties properties = new Properties();
            properties.load(in);
            return new NatsBinary(
                    () -> open(platform), properties.getProperty("version", ""), properties.getProperty("sha256", ""));
        } catch (IOException e) {
            throw new NatsServerException(
                    Reason.BINARY_UNUSABLE, "cannot read the bundled nats-server: " + e.getMessage(), e);
        }
    }

    /** As the build names platforms. */
    static String platform(String osName, String osArchitecture) {
        String os = osName.toLowerCase(Locale.ROOT);
        String architecture = osArchitecture.toLowerCase(Locale.ROOT);
        return (os.startsWith("mac") ? "darwin" : os.replace(' ', '-')) + "-"
                + switch (architecture) {
                    case "x86_64", "amd64" -> "amd64";
                    case "aarch64", "arm64" -> "arm64";
                    default -> architecture;
                };
    }

    public String version() {
        return version;
    }

    public String sha256() {
        return sha256;
    }

    /**
     * Puts the program at {@code <binDirectory>/<version>-<sha256>/nats-server}, mode 0700, unless it is there
     * undamaged already, which is checked over all its bytes at every call. Other versions are left alone.
     *
     * @throws NatsServerException {@code DIRECTORY_UNUSABLE} or {@code BINARY_UNUSABLE}
     */
    public InstalledBinary installInto(Path binDirectory) {
        Path bin = PrivateFiles.directory(binDirectory);
        Path directory = PrivateFiles.directory(bin.resolve(version + "-" + sha256));
        Path executable = directory.resolve("nats-server");
        try {
            if (!isIntact(executable)) {
                unpack(executable);
                PrivateFiles.syncDirectory(bin);
            }
        } catch (IOException e) {
            throw PrivateFiles.unusable("install nats-server as", executable, e);
        }
        Mounts.requireExecutable(executable);
        return new InstalledBinary(bin, executable, version, sha256);
    }

    private boolean isIntact(Path executable) throws IOException {
        if (!Files.isRegularFile(executable) || !Files.isExecutable(executable)) {
            return false;
        }
        try (InputStream in = Files.newInputStream(executable)) {
            return copy(in, OutputStream.nullOutputStream()).equals(sha256);
        }
    }

    private void unpack(Path executable) throws IOException {
        Path temporary = PrivateFiles.temporary(executable, true);
        try {
            String digest;
            try (InputStream in = source.open();
                    OutputStream out = Files.newOutputStream(temporary)) {
                digest = copy(in, out);
            }
            if (!digest.equals(sha256)) {
                throw new NatsServerException(
                        Reason.BINARY_UNUSABLE, "the nats-server in the jar is damaged; get the jar again");
            }
            PrivateFiles.publish(temporary, executable);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    private static String copy(InputStream in, OutputStream out) throws IOException {
        MessageDigest digest = sha256Digest();
        byte[] buffer = new byte[BUFFER];
        for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
            digest.update(buffer, 0, count);
            out.write(buffer, 0, count);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static MessageDigest sha256Digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private static InputStream open(String platform) throws IOException {
        InputStream in = resource(platform, "nats-server");
        if (in == null) {
            throw new IOException("the jar names a nats-server for " + platform + ", and holds none");
        }
        return in;
    }

    private static @Nullable InputStream resource(String platform, String name) {
        return NatsBinary.class.getResourceAsStream(platform + "/" + name);
    }

    private static String notBundled(String platform) {
        String there = PLATFORMS.stream()
                .filter(other -> NatsBinary.class.getResource(other + "/nats-server.properties") != null)
                .collect(Collectors.joining(", "));
        return "this jar holds no nats-server for " + platform + ", only for: " + (there.isEmpty() ? "none" : there)
                + "; build it with -Pall-architectures, or on this machine with -Dnats-server.binary=/path";
    }
}
