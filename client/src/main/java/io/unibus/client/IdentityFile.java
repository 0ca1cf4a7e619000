package io.unibus.client;

import io.unibus.protocol.NKeyText;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Set;

/** The file that holds an identity: one line, the seed. No message repeats what a file holds. */
final class IdentityFile {
    /** A seed has 58 characters; what is much longer is not an identity and is not read whole. */
    private static final int MAX_BYTES = 1024;

    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rw-------");
    private static final Set<PosixFilePermission> OWNERS = PosixFilePermissions.fromString("rwx------");

    private IdentityFile() {}

    static void write(Path file, char[] seed) {
        requireDirectory(file);
        byte[] line = line(seed);
        try {
            writeNew(file, line);
        } catch (FileAlreadyExistsException e) {
            throw new IdentityException(
                    file + " exists already and is never overwritten: choose another name, or use it as it is");
        } catch (IOException e) {
            throw new IdentityException("cannot write " + file + ": " + reason(e), e);
        } finally {
            Arrays.fill(line, (byte) 0);
            Arrays.fill(seed, '\0');
        }
    }

    static byte[] readSeed(Path file) {
        try {
            requirePrivate(file);
            return decode(file, read(file));
        } catch (NoSuchFileException e) {
            throw new IdentityException(
                    "there is no identity file " + file + ": make one with `unibus identity new " + file + "`");
        } catch (IOException e) {
            throw new IdentityException("cannot read " + file + ": " + reason(e), e);
        }
    }

    private static void requireDirectory(Path file) {
        Path directory = file.toAbsolutePath().getParent();
        if (directory == null || !Files.isDirectory(directory)) {
            throw new IdentityException("cannot write " + file + ": " + directory
                    + " is not a directory; make it first, for instance with mkdir -p");
        }
    }

    private static void writeNew(Path file, byte[] line) throws IOException {
        FileAttribute<?>[] attributes = isPosix(file)
                ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(OWNER_ONLY)}
                : new FileAttribute<?>[0];
        // The mode is given at creation: there is no moment at which others can open the file.
        try (FileChannel channel =
                FileChannel.open(file, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), attributes)) {
            writeOrDelete(file, channel, line);
        }
    }

    private static void writeOrDelete(Path file, FileChannel channel, byte[] line) throws IOException {
        try {
            ByteBuffer bytes = ByteBuffer.wrap(line);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        } catch (IOException e) {
            Files.deleteIfExists(file); // made by this call, and incomplete
            throw e;
        }
    }

    private static void requirePrivate(Path file) throws IOException {
        if (!isPosix(file)) {
            return;
        }
        if (!OWNERS.containsAll(Files.getPosixFilePermissions(file))) {
            throw new IdentityException(file + " is open to others than its owner: run `chmod 600 " + file
                    + "`, and if others may have" + " read it, make a new identity");
        }
    }

    private static byte[] read(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return in.readNBytes(MAX_BYTES + 1);
        }
    }

    private static byte[] decode(Path file, byte[] content) {
        try {
            if (content.length > MAX_BYTES) {
                throw new IllegalArgumentException("it is longer than a seed");
            }
            String text = new String(content, StandardCharsets.ISO_8859_1).strip();
            return NKeyText.decodeSeed(NKeyText.Kind.USER, text);
        } catch (IllegalArgumentException e) {
            throw new IdentityException(file + " does not hold the seed of an identity (" + e.getMessage()
                    + "): it must be one line that begins with SU, as `unibus identity new` writes it");
        } finally {
            Arrays.fill(content, (byte) 0);
        }
    }

    private static byte[] line(char[] seed) {
        byte[] line = new byte[seed.length + 1];
        for (int i = 0; i < seed.length; i++) {
            line[i] = (byte) seed[i];
        }
        line[seed.length] = '\n';
        return line;
    }

    private static boolean isPosix(Path file) {
        return file.getFileSystem().supportedFileAttributeViews().contains("posix");
    }

    private static String reason(IOException e) {
        return e.getClass().getSimpleName() + (e.getMessage() == null ? "" : " " + e.getMessage());
    }
}
