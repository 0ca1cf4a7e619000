package io.unibus.protocol;

import java.util.Locale;

/** What a member may do in a room: an owner also invites, removes and rekeys. */
public enum MemberRole {
    OWNER,
    MEMBER;

    /** @throws MalformedException when it is neither {@code owner} nor {@code member} */
    public static MemberRole parse(String text) {
        for (MemberRole value : values()) {
            if (value.toString().equals(text)) {
                return value;
            }
        }
        throw new MalformedException("role", "it must be owner or member");
    }

    /** The word on the wire and in the store. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
