package io.unibus.client;

import io.unibus.protocol.AddUserRequest;
import io.unibus.protocol.CreateRoomRequest;
import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.InviteRequest;
import io.unibus.protocol.JsonObject;
import io.unibus.protocol.JsonWriter;
import io.unibus.protocol.MalformedException;
import io.unibus.protocol.Member;
import io.unibus.protocol.MemberRoom;
import io.unibus.protocol.RekeyRequest;
import io.unibus.protocol.Room;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.RoomKey;
import io.unibus.protocol.User;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;

/**
 * The HTTP routes of a node's control plane, one method each, called as one identity. Thread-safe; needs no closing.
 *
 * <p>Every method blocks until the answer is there, for at most the request's time limit, 15 seconds by default. Reads throw
 * {@link UnreachableException} when there is none, writes {@link UnreachableException} when the request was not sent and
 * {@link OutcomeUnknownException} when it was; both throw {@link ProblemException} for a refusal and
 * {@link UnexpectedAnswerException} for an answer that is not a node's, and {@link UntrustedNodeException}
 * when who answers has not proven to be the node. Nothing is repeated here: {@link Rooms} does.
 */
public final class ControlPlaneClient {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(15);

    private final NodeHttp http;
    private final Endpoint caller;

    private ControlPlaneClient(NodeHttp http, Endpoint caller) {
        this.http = http;
        this.caller = caller;
    }

    /**
     * A client for the node at {@code url}, like {@code http://127.0.0.1:8420}. Does not connect yet.
     *
     * @throws MalformedException when the URL is not that of a node
     */
    public static ControlPlaneClient of(URI url, Identity caller) {
        return of(url, caller, CONNECT_TIMEOUT, REQUEST_TIMEOUT);
    }

    /** @param tls what is trusted; empty for the authorities of the Java platform */
    public static ControlPlaneClient of(URI url, Identity caller, Optional<SSLContext> tls) {
        return of(url, caller, tls, CONNECT_TIMEOUT, REQUEST_TIMEOUT);
    }

    /** With other time limits: callers who know further nodes give up on one sooner. */
    public static ControlPlaneClient of(URI url, Identity caller, Duration connectTimeout, Duration requestTimeout) {
        return of(url, caller, Optional.empty(), connectTimeout, requestTimeout);
    }

    private static ControlPlaneClient of(
            URI url, Identity caller, Optional<SSLContext> tls, Duration connectTimeout, Duration requestTimeout) {
        NodeHttp http = new NodeHttp(url, Optional.of(new RequestSigner(caller)), tls, connectTimeout, requestTimeout);
        return new ControlPlaneClient(http, caller.endpoint());
    }

    /** The endpoint in whose name requests are made. */
    public Endpoint caller() {
        return caller;
    }

    /** Makes a room with the caller as owner; {@code subject-taken} or {@code room-exists} when there is one. */
    public Room createRoom(CreateRoomRequest request) {
        return one(http.post("/rooms", JsonWriter.object(request::writeFields)), Room::fromJson);
    }

    /** For members; {@code room-not-found} for everyone else. */
    public Room room(RoomId room) {
        return one(http.get("/rooms/" + room), Room::fromJson);
    }

    /** For members. */
    public List<Member> members(RoomId room) {
        return list(http.get("/rooms/" + room + "/members"), Member::fromJson);
    }

    /** For owners; {@code epoch-conflict} when the room has moved on, {@code member-exists}. */
    public Member invite(RoomId room, InviteRequest request) {
        byte[] body = JsonWriter.object(request::writeFields);
        return one(http.post("/rooms/" + room + "/members", body), Member::fromJson);
    }

    /** For owners, or to leave; an encrypted room then needs a rekey. {@code last-owner} cannot go. */
    public void removeMember(RoomId room, Endpoint member) {
        http.delete("/rooms/" + room + "/members/" + member);
    }

    /** For owners; {@code epoch-conflict}, or {@code keys-do-not-cover-members} when others came or went. */
    public Room rekey(RoomId room, RekeyRequest request) {
        return one(http.post("/rooms/" + room + "/rekey", JsonWriter.object(request::writeFields)), Room::fromJson);
    }

    /** The caller's own sealed key of the latest epoch. */
    public RoomKey key(RoomId room) {
        return one(http.get("/rooms/" + room + "/keys/" + caller), RoomKey::fromJson);
    }

    /** The caller's own sealed key of {@code epoch}. */
    public RoomKey key(RoomId room, Epoch epoch) {
        return one(http.get("/rooms/" + room + "/keys/" + caller + "?epoch=" + epoch), RoomKey::fromJson);
    }

    /** The rooms of {@code member}, ordered by room id; for oneself, or as an admin. */
    public List<MemberRoom> roomsOf(Endpoint member) {
        return list(http.get("/members/" + member + "/rooms"), MemberRoom::fromJson);
    }

    /** The allowlist; for admins. */
    public List<User> users() {
        return list(http.get("/users"), User::fromJson);
    }

    /** For admins, or oneself. */
    public User user(Endpoint endpoint) {
        return one(http.get("/users/" + endpoint), User::fromJson);
    }

    /** For admins; {@code user-exists} when it is on the allowlist, active or revoked. */
    public User addUser(AddUserRequest request) {
        return one(http.post("/users", JsonWriter.object(request::writeFields)), User::fromJson);
    }

    /** For admins; final. {@code last-admin} cannot be revoked. */
    public User revokeUser(Endpoint endpoint) {
        return one(http.post("/users/" + endpoint + "/revoke"), User::fromJson);
    }

    /**
     * Makes any request of the HTTP API, signed, and returns the body of the answer, which may be empty.
     *
     * @param path with its query, as it is to stand on the wire
     * @param json the body; empty for none
     * @throws MalformedException when method or path cannot be sent
     */
    public byte[] request(String method, String path, byte[] json) {
        return http.request(method, path, json);
    }

    private static <T> T one(byte[] json, Function<JsonObject, T> codec) {
        return read(() -> codec.apply(JsonObject.parse(json)));
    }

    private static <T> List<T> list(byte[] json, Function<JsonObject, T> codec) {
        return read(() -> JsonObject.parseArray(json).stream().map(codec).toList());
    }

    private static <T> T read(Supplier<T> answer) {
        try {
            return answer.get();
        } catch (MalformedException e) {
            throw new UnexpectedAnswerException(
                    "the answer is not in the form of this version (" + e.getMessage()
                            + "): is this a unibus node, and of the same version?",
                    e);
        }
    }
}
