package io.unibus.store;

import io.unibus.protocol.MalformedException;
import java.util.Locale;

/** What the revisions of changes are counted in. Revisions of one source can be compared, those of two sources cannot. */
public enum ChangeSource {
    /** The bucket of rooms in the replicated store. */
    ROOMS,
    /** The bucket of users in the replicated store. */
    USERS,
    /** The table of changes in the store of a single node, which counts those of users and of rooms together. */
    CHANGES;

    /** @throws MalformedException when it is not the word of a source */
    public static ChangeSource parse(String text) {
        for (ChangeSource value : values()) {
            if (value.toString().equals(text)) {
                return value;
            }
        }
        throw new MalformedException("source", "it must be rooms, users or changes");
    }

    /** The word that stands for it in a log. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
