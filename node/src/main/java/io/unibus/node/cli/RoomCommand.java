package io.unibus.node.cli;

import io.unibus.client.ControlPlaneClient;
import io.unibus.client.Identity;
import io.unibus.client.Rooms;
import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Member;
import io.unibus.protocol.MemberRole;
import io.unibus.protocol.MemberRoom;
import io.unibus.protocol.Room;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.RoomPolicy;
import io.unibus.protocol.Subject;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code unibus room}: what a peer does with rooms, over HTTP. */
@Command(
        name = "room",
        description = "Create rooms, invite, remove and rekey, as the peer whose identity is given.",
        subcommands = {
            RoomCommand.Create.class,
            RoomCommand.ListMine.class,
            RoomCommand.Show.class,
            RoomCommand.Invite.class,
            RoomCommand.Members.class,
            RoomCommand.Remove.class,
            RoomCommand.Rekey.class
        },
        footer = {
            "",
            "Examples:",
            "  unibus room create --identity alice.seed team.chat",
            "  unibus room invite --identity alice.seed ROOM U...",
            "  unibus room rekey --identity alice.seed ROOM"
        })
final class RoomCommand extends BaseCommand {
    /** A subcommand, which prints rooms or members. */
    abstract static class AsPeer extends PeerCommand {
        @Mixin
        final JsonOption json = new JsonOption();

        final void print(Room room) {
            json.print(out(), room::writeFields, () -> {
                Table table = new Table("ROOM", "SUBJECT", "EPOCH", "ENCRYPTED", "REKEY REQUIRED", "OWNER");
                table.row(
                        room.roomId(),
                        room.subject(),
                        room.epoch(),
                        yesNo(room.policy().encrypted()),
                        yesNo(room.rekeyRequired()),
                        room.owner());
                table.print(out());
            });
        }

        final void print(List<Member> members) {
            json.print(out(), members, Member::writeFields, () -> {
                Table table = new Table("ENDPOINT", "ROLE", "JOINED");
                members.forEach(member -> table.row(member.endpoint(), member.role(), member.joinedAt()));
                table.print(out());
            });
        }
    }

    /** For subcommands about one room. */
    abstract static class OnRoom extends AsPeer {
        @Parameters(
                index = "0",
                paramLabel = "ROOM",
                converter = Converters.ToRoomId.class,
                description = "The room's id.")
        @SuppressWarnings("NullAway.Init") // set by picocli
        RoomId room;
    }

    /** For subcommands about one endpoint in a room. */
    abstract static class OnMember extends OnRoom {
        @Parameters(
                index = "1",
                paramLabel = "ENDPOINT",
                converter = Converters.ToEndpoint.class,
                description = "Public key, U...")
        @SuppressWarnings("NullAway.Init") // set by picocli
        Endpoint endpoint;
    }

    @Command(
            name = "create",
            description = "Create a room and become its owner; encrypted unless told otherwise.",
            footer = {"", "Example:", "  unibus room create --identity alice.seed team.chat"})
    static final class Create extends AsPeer {
        @Parameters(
                arity = "0..1",
                paramLabel = "SUBJECT",
                converter = Converters.ToSubject.class,
                description = "Subject of the room on the bus. Default: room.<room id>.")
        private @Nullable Subject subject;

        @Option(names = "--unencrypted", description = "Without end-to-end encryption.")
        private boolean unencrypted;

        @Override
        void run(Identity identity, ControlPlaneClient client) {
            print(new Rooms(client, identity).create(Optional.ofNullable(subject), new RoomPolicy(!unencrypted)));
        }
    }

    @Command(
            name = "list",
            description = "List the rooms one is a member of.",
            footer = {"", "Example:", "  unibus room list --identity alice.seed"})
    static final class ListMine extends AsPeer {
        @Override
        void run(Identity identity, ControlPlaneClient client) {
            List<MemberRoom> rooms = client.roomsOf(identity.endpoint());
            json.print(out(), rooms, MemberRoom::writeFields, () -> {
                Table table = new Table("ROOM", "SUBJECT", "EPOCH", "ENCRYPTED", "ROLE");
                rooms.forEach(room -> table.row(
                        room.roomId(),
                        room.subject(),
                        room.epoch(),
                        yesNo(room.policy().encrypted()),
                        room.role()));
                table.print(out());
            });
        }
    }

    @Command(
            name = "show",
            description = "Show a room.",
            footer = {"", "Example:", "  unibus room show --identity alice.seed ROOM"})
    static final class Show extends OnRoom {
        @Override
        void run(Identity identity, ControlPlaneClient client) {
            print(client.room(room));
        }
    }

    @Command(
            name = "invite",
            description = "Make an endpoint a member, in an encrypted room with the current key sealed to it.",
            footer = {"", "Example:", "  unibus room invite --identity alice.seed ROOM U..."})
    static final class Invite extends OnMember {
        @Option(names = "--owner", description = "As an owner, who may invite, remove and rekey.")
        private boolean owner;

        @Override
        void run(Identity identity, ControlPlaneClient client) {
            MemberRole role = owner ? MemberRole.OWNER : MemberRole.MEMBER;
            Member invited = new Rooms(client, identity).invite(room, endpoint, role);
            json.print(out(), invited::writeFields, () -> print(List.of(invited)));
        }
    }

    @Command(
            name = "members",
            description = "List the members of a room.",
            footer = {"", "Example:", "  unibus room members --identity alice.seed ROOM"})
    static final class Members extends OnRoom {
        @Override
        void run(Identity identity, ControlPlaneClient client) {
            print(client.members(room));
        }
    }

    @Command(
            name = "remove",
            description = "Remove a member, or leave; an encrypted room is rekeyed in the same step.",
            footer = {"", "Example:", "  unibus room remove --identity alice.seed ROOM U..."})
    static final class Remove extends OnMember {
        @Override
        void run(Identity identity, ControlPlaneClient client) {
            new Rooms(client, identity).remove(room, endpoint);
            json.print(
                    out(),
                    fields -> {
                        fields.field("room_id", room.value());
                        fields.field("removed", endpoint.nkey());
                    },
                    () -> out().println("removed " + endpoint + " from room " + room));
        }
    }

    @Command(
            name = "rekey",
            description = "Give a room a fresh key, sealed to each member.",
            footer = {"", "Example:", "  unibus room rekey --identity alice.seed ROOM"})
    static final class Rekey extends OnRoom {
        @Override
        void run(Identity identity, ControlPlaneClient client) {
            print(new Rooms(client, identity).rekey(room));
        }
    }

    private static String yesNo(boolean value) {
        return value ? "yes" : "no";
    }
}
