package io.unibus.protocol;

import java.util.regex.Pattern;

/**
 * The NATS subject of a room: tokens of {@code A-Z a-z 0-9 _ -} joined by dots, at most 255 characters, without
 * wildcards. Subjects that begin with an underscore are the bus's own (inboxes).
 */
public record Subject(String value) {
    private static final Pattern FORM = Pattern.compile("[A-Za-z0-9-][A-Za-z0-9_-]*(\\.[A-Za-z0-9_-]+)*");
    private static final int MAX_LENGTH = 255;

    /** @throws MalformedException when it has another form */
    public Subject {
        if (value.length() > MAX_LENGTH || !FORM.matcher(value).matches()) {
            throw new MalformedException(
                    "subject",
                    "a subject is at most 255 characters: tokens of A-Z a-z 0-9 _ - joined by dots,"
                            + " not beginning with an underscore, without * and >");
        }
    }

    /** The subject of a room whose creator chose none. */
    public static Subject defaultFor(RoomId room) {
        return new Subject("room." + room.value());
    }

    @Override
    public String toString() {
        return value;
    }
}
