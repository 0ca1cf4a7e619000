package io.unibus.store;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.Subject;
import java.util.SortedSet;

/**
 * Why a request was refused by the rules. The code is part of the HTTP contract and never changes; the detail is a
 * sentence for people and may.
 */
public sealed interface Rejection {
    String code();

    String detail();

    record RoomNotFound(RoomId room) implements Rejection {
        @Override
        public String code() {
            return "room-not-found";
        }

        @Override
        public String detail() {
            return "There is no room " + room + " that you are a member of.";
        }
    }

    record MemberNotFound(Endpoint endpoint) implements Rejection {
        @Override
        public String code() {
            return "member-not-found";
        }

        @Override
        public String detail() {
            return "There is no member " + endpoint + " here, or none that you may ask about.";
        }
    }

    record KeyNotFound(Endpoint endpoint) implements Rejection {
        @Override
        public String code() {
            return "key-not-found";
        }

        @Override
        public String detail() {
            return "There is no sealed key of that room and epoch for " + endpoint + " that you may read.";
        }
    }

    record UserNotFound(Endpoint endpoint) implements Rejection {
        @Override
        public String code() {
            return "user-not-found";
        }

        @Override
        public String detail() {
            return "There is no user " + endpoint + " on the allowlist.";
        }
    }

    record SubjectTaken(Subject subject) implements Rejection {
        @Override
        public String code() {
            return "subject-taken";
        }

        @Override
        public String detail() {
            return "Another room has the subject " + subject + "; choose another.";
        }
    }

    record RoomExists(RoomId room) implements Rejection {
        @Override
        public String code() {
            return "room-exists";
        }

        @Override
        public String detail() {
            return "There is a room " + room + " already; leave room_id out or choose another.";
        }
    }

    record MemberExists(Endpoint endpoint) implements Rejection {
        @Override
        public String code() {
            return "member-exists";
        }

        @Override
        public String detail() {
            return endpoint + " is a member of this room already.";
        }
    }

    record RoomFull(RoomId room) implements Rejection {
        @Override
        public String code() {
            return "room-full";
        }

        @Override
        public String detail() {
            return "Room " + room + " has " + RoomState.MAX_MEMBERS
                    + " members, which is the most that a room can have: remove a member first, or use another room.";
        }
    }

    /** @param current the room's epoch at the moment of the refusal */
    record EpochConflict(Epoch current) implements Rejection {
        @Override
        public String code() {
            return "epoch-conflict";
        }

        @Override
        public String detail() {
            return "The room is at epoch " + current + ": read the room again and decide anew.";
        }
    }

    /**
     * @param missing members for whom there is no key
     * @param extra endpoints with a key who would not be members
     */
    record KeysDoNotCoverMembers(SortedSet<Endpoint> missing, SortedSet<Endpoint> extra) implements Rejection {
        @Override
        public String code() {
            return "keys-do-not-cover-members";
        }

        @Override
        public String detail() {
            return "The sealed keys must be for exactly the members: " + missing.size() + " missing, " + extra.size()
                    + " too many. An encrypted room has one for each member, another room none.";
        }
    }

    record RekeyRequired(RoomId room) implements Rejection {
        @Override
        public String code() {
            return "rekey-required";
        }

        @Override
        public String detail() {
            return "A member has left room " + room + " since its last rekey: rekey it before you invite anyone.";
        }
    }

    record RoomNotEncrypted(RoomId room) implements Rejection {
        @Override
        public String code() {
            return "room-not-encrypted";
        }

        @Override
        public String detail() {
            return "Room " + room + " is not encrypted and has no keys.";
        }
    }

    record LastOwner(Endpoint endpoint) implements Rejection {
        @Override
        public String code() {
            return "last-owner";
        }

        @Override
        public String detail() {
            return endpoint + " is the last owner of this room and cannot leave it; invite another owner first.";
        }
    }

    record UserExists(Endpoint endpoint) implements Rejection {
        @Override
        public String code() {
            return "user-exists";
        }

        @Override
        public String detail() {
            return endpoint + " is on the allowlist already, active or revoked.";
        }
    }

    record CallerUnknown(Endpoint endpoint) implements Rejection {
        @Override
        public String code() {
            return "user-unknown";
        }

        @Override
        public String detail() {
            return "Endpoint " + endpoint + " is not on the allowlist: an admin adds it with `unibus user add`.";
        }
    }

    record CallerRevoked(Endpoint endpoint) implements Rejection {
        @Override
        public String code() {
            return "user-revoked";
        }

        @Override
        public String detail() {
            return new UserRevoked(endpoint).detail();
        }
    }

    record UserRevoked(Endpoint endpoint) implements Rejection {
        @Override
        public String code() {
            return "user-revoked";
        }

        @Override
        public String detail() {
            return endpoint + " was revoked, which is final; use a new identity.";
        }
    }

    record LastAdmin(Endpoint endpoint) implements Rejection {
        @Override
        public String code() {
            return "last-admin";
        }

        @Override
        public String detail() {
            return endpoint + " is the last active admin and cannot be revoked; add another admin first.";
        }
    }

    record OwnerOnly(RoomId room) implements Rejection {
        @Override
        public String code() {
            return "owner-only";
        }

        @Override
        public String detail() {
            return "Only an owner of room " + room + " may do this.";
        }
    }

    record AdminOnly() implements Rejection {
        @Override
        public String code() {
            return "admin-only";
        }

        @Override
        public String detail() {
            return "Only an active admin may do this; the first one is made on the host with `unibus user add --admin`.";
        }
    }
}
