package io.unibus.embeddednats;

import java.nio.file.Path;

/** A JVM with a server, to be killed. Arguments: bin directory, data directory, with or without "setpriv". */
final class OrphanMain {
    private OrphanMain() {}

    public static void main(String[] arguments) throws InterruptedException {
        Path data = Path.of(arguments[1]);
        Launchers launchers = Launchers.found();
        NatsServer server = Scenario.builder(
                        NatsBinary.bundled().installInto(Path.of(arguments[0])),
                        Scenario.config(data).build(),
                        data)
                .launchers(arguments[2].equals("setpriv") ? launchers : launchers.withoutSetpriv())
                .build();
        Runtime.getRuntime().addShutdownHook(new Thread(server::stop, "stop"));
        say("starting");
        server.start(Scenario.START_LIMIT);
        say("ready");
        Thread.sleep(60_000);
    }

    private static void say(String word) {
        System.out.println(word);
        System.out.flush();
    }
}
