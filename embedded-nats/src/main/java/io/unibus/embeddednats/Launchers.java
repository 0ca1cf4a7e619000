package io.unibus.embeddednats;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The small programs through which the child is started.
 *
 * @param setpriv makes the kernel end the child with the thread that started it; util-linux's, not BusyBox's
 * @param setsid takes the child and the guard out of the terminal's process group, so that Ctrl-C reaches the JVM alone
 */
record Launchers(Path shell, Optional<Path> setpriv, Optional<Path> setsid) {
    /** What this machine has. */
    static Launchers found() {
        return new Launchers(
                Path.of("/bin/sh"),
                program("setpriv").filter(path -> !isBusyBox(path)),
                program("setsid").filter(path -> !isBusyBox(path)));
    }

    /** As on a machine without it. */
    Launchers withoutSetpriv() {
        return new Launchers(shell, Optional.empty(), setsid);
    }

    /** The real paths, under which the process table shows them. */
    List<String> executables() {
        List<String> paths = new ArrayList<>();
        Stream.of(Optional.of(shell), setpriv, setsid).flatMap(Optional::stream).forEach(path -> {
            try {
                paths.add(path.toRealPath().toString());
            } catch (IOException unreadable) {
                paths.add(path.toString());
            }
        });
        return paths;
    }

    private static Optional<Path> program(String name) {
        String path = System.getenv().getOrDefault("PATH", "") + File.pathSeparator + "/usr/bin" + File.pathSeparator
                + "/bin";
        return Stream.of(path.split(File.pathSeparator, -1))
                .filter(directory -> directory.startsWith("/"))
                .map(directory -> Path.of(directory, name))
                .filter(Files::isExecutable)
                .findFirst();
    }

    private static boolean isBusyBox(Path program) {
        try {
            return program.toRealPath().endsWith("busybox");
        } catch (IOException e) {
            return true;
        }
    }
}
