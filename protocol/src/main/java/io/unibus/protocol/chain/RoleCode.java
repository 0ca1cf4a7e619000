package io.unibus.protocol.chain;

import io.unibus.protocol.MalformedException;
import io.unibus.protocol.MemberRole;

/** The byte that stands for a role: 1 for an owner, 2 for a member. */
final class RoleCode {
    private static final byte OWNER = 1;
    private static final byte MEMBER = 2;

    private RoleCode() {}

    static byte of(MemberRole role) {
        return switch (role) {
            case OWNER -> OWNER;
            case MEMBER -> MEMBER;
        };
    }

    static MemberRole parse(byte code) {
        return switch (code) {
            case OWNER -> MemberRole.OWNER;
            case MEMBER -> MemberRole.MEMBER;
            default -> throw new MalformedException(LinkContent.WHAT, "its role " + code + " is not known");
        };
    }
}
