package io.unibus.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A packaged node, started through {@code bin/unibus} in a directory of its own. Closed by whoever started it. */
final class NodeUnderTest implements AutoCloseable {
    private static final Pattern READY = Pattern.compile("node ready http=(\\S+) nats=(\\S+) .* in=([0-9.]+)s");
    private static final Pattern SHARES = Pattern.compile("start took \\d+ ms: (.*)");
    private static final Pattern SHARE = Pattern.compile("([\\w-]+) (\\d+)");
    private static final Pattern CHILD = Pattern.compile("\"child_pid\":(\\d+)");
    private static final Pattern PSS = Pattern.compile("(?m)^Pss:\\s+(\\d+) kB");
    private static final Pattern RSS = Pattern.compile("(?m)^VmRSS:\\s+(\\d+) kB");

    private final Process process;
    private final Path data;
    private final Path log;
    private final double millisUntilReadyLine;
    private final Matcher ready;

    private NodeUnderTest(Process process, Path data, Path log, double millisUntilReadyLine, Matcher ready) {
        this.process = process;
        this.data = data;
        this.log = log;
        this.millisUntilReadyLine = millisUntilReadyLine;
        this.ready = ready;
    }

    /** Returns when the node serves. {@code options} are more of its command line. */
    static NodeUnderTest start(Path root, Path directory, String... options) throws IOException {
        Path data = directory.resolve("data");
        Path log = directory.resolve("node.log");
        List<String> command = new ArrayList<>(List.of(
                root.resolve("bin/unibus").toString(),
                "node",
                "--data-dir",
                data.toString(),
                "--http",
                "127.0.0.1:0",
                "--nats",
                "127.0.0.1:0"));
        command.addAll(List.of(options));
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(log.toFile());
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        long begin = System.nanoTime();
        Process process = builder.start();
        BufferedReader lines = process.inputReader(StandardCharsets.UTF_8);
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            Matcher ready = READY.matcher(line);
            if (ready.matches()) {
                return new NodeUnderTest(process, data, log, (System.nanoTime() - begin) / 1e6, ready);
            }
        }
        throw new IOException("the node did not become ready:\n" + Files.readString(log));
    }

    URI url() {
        return URI.create(ready.group(1));
    }

    /** Returns where clients of the bus connect. */
    URI bus() {
        return URI.create(ready.group(2));
    }

    Path data() {
        return data;
    }

    /** From the start of the launcher until the line was read here. */
    double millisUntilReadyLine() {
        return millisUntilReadyLine;
    }

    /** From the start of the Java machine, by the node itself. */
    double millisByNode() {
        return Double.parseDouble(ready.group(3)) * 1000;
    }

    /** The parts of the start as the node logged them, in milliseconds; they overlap. */
    Map<String, Double> shares() throws IOException {
        Map<String, Double> shares = new LinkedHashMap<>();
        Matcher line = SHARES.matcher(Files.readString(log));
        if (line.find()) {
            Matcher share = SHARE.matcher(line.group(1));
            while (share.find()) {
                shares.put(share.group(1), Double.parseDouble(share.group(2)));
            }
        }
        return shares;
    }

    /** Resident memory in MiB: of the Java process and of its child, each as RSS and as PSS. */
    Map<String, Double> memory() throws IOException {
        Matcher child = CHILD.matcher(Files.readString(data.resolve("node.json")));
        if (!child.find()) {
            throw new IOException("node.json names no child");
        }
        Map<String, Double> memory = new LinkedHashMap<>();
        addMemory(memory, "java", process.pid());
        addMemory(memory, "nats-server", Long.parseLong(child.group(1)));
        return memory;
    }

    private static void addMemory(Map<String, Double> memory, String name, long pid) throws IOException {
        Path proc = Path.of("/proc", Long.toString(pid));
        memory.put(name + " RSS", mebibytes(RSS, proc.resolve("status")));
        memory.put(name + " PSS", mebibytes(PSS, proc.resolve("smaps_rollup")));
    }

    private static double mebibytes(Pattern pattern, Path file) throws IOException {
        Matcher matcher = pattern.matcher(Files.readString(file));
        if (!matcher.find()) {
            throw new IOException(file + " has no " + pattern);
        }
        return Double.parseDouble(matcher.group(1)) / 1024;
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
