/**
 * The peers' library: who one is, the rooms one is in, and their end-to-end encryption.
 *
 * <pre>{@code
 * Identity me = Identity.load(Path.of("bot.key")); // made once with Identity.create or `unibus identity new`
 * ControlPlaneClient client = ControlPlaneClient.of(URI.create("http://127.0.0.1:8420"), me);
 * Rooms rooms = new Rooms(client, me);
 *
 * Room room = rooms.create(Optional.of(new Subject("builds.nightly")), RoomPolicy.DEFAULT);
 * rooms.invite(room.roomId(), Endpoint.parse("UA..."), MemberRole.MEMBER);
 * for (Member member : client.members(room.roomId())) {
 *     System.out.println(member.endpoint() + " " + member.role());
 * }
 * rooms.remove(room.roomId(), Endpoint.parse("UA...")); // and rekeys in the same step
 * }</pre>
 */
@NullMarked
package io.unibus.client;

import org.jspecify.annotations.NullMarked;
