package io.unibus.protocol.chain;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.MemberRole;
import java.security.MessageDigest;
import java.util.Objects;
import java.util.Optional;

/** A member as the chain has it: with the role and name that the owner signed who added it. Immutable. */
public final class ChainMember {
    private final Endpoint endpoint;
    private final MemberRole role;
    private final Optional<MemberName> name;
    /** Kept, because the list of members is digested anew with each link, and decoding endpoints would take most of it. */
    private final byte[] digestField;

    public ChainMember(Endpoint endpoint, MemberRole role, Optional<MemberName> name) {
        this.endpoint = endpoint;
        this.role = role;
        this.name = name;
        byte[] key = endpoint.publicKey();
        this.digestField = new byte[2 + key.length + 1];
        digestField[1] = (byte) (key.length + 1);
        System.arraycopy(key, 0, digestField, 2, key.length);
        digestField[2 + key.length] = RoleCode.of(role);
    }

    public Endpoint endpoint() {
        return endpoint;
    }

    public MemberRole role() {
        return role;
    }

    public boolean isOwner() {
        return role == MemberRole.OWNER;
    }

    /** Returns what the owner who added this member calls it. Nobody proves it, and two members can have the same. */
    public Optional<MemberName> name() {
        return name;
    }

    /** Feeds the field of {@link ChainDigests#members} with its length. */
    void updateDigest(MessageDigest sha256) {
        sha256.update(digestField);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ChainMember that
                && endpoint.equals(that.endpoint)
                && role == that.role
                && name.equals(that.name);
    }

    @Override
    public int hashCode() {
        return Objects.hash(endpoint, role, name);
    }

    @Override
    public String toString() {
        return role + " " + endpoint + name.map(text -> " (" + text + ")").orElse("");
    }
}
