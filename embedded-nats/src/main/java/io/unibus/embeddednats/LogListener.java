package io.unibus.embeddednats;

/**
 * Hears what the children say, of level INFO and worse, except what concerns one client only: in order, on a thread of its own,
 * so that it may take its time: no child ever waits for it. When it falls 1000 lines behind, lines are left out.
 * {@link ServerTrouble} understands some.
 */
@FunctionalInterface
public interface LogListener {
    void said(LogLine line);
}
