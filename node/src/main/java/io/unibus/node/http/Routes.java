package io.unibus.node.http;

import io.unibus.node.control.ControlPlane;
import io.unibus.protocol.AddUserRequest;
import io.unibus.protocol.CreateRoomRequest;
import io.unibus.protocol.InviteRequest;
import io.unibus.protocol.JsonWriter;
import io.unibus.protocol.Member;
import io.unibus.protocol.MemberRoom;
import io.unibus.protocol.RekeyRequest;
import io.unibus.protocol.Room;
import io.unibus.protocol.RoomKey;
import io.unibus.protocol.User;
import io.unibus.store.Outcome;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Function;
import javax.inject.Inject;

/** The route table: every path that this node answers, who may ask, and what is done. */
final class Routes {
    private final ControlPlane control;
    private final CallerAuthenticator callers;
    private final Operations operations;

    @Inject
    Routes(ControlPlane control, CallerAuthenticator callers, Operations operations) {
        this.control = control;
        this.callers = callers;
        this.operations = operations;
    }

    List<Route> table() {
        return List.of(
                user(
                        "POST",
                        "/rooms",
                        (caller, request) -> one(
                                201,
                                control.createRoom(caller, CreateRoomRequest.fromJson(request.json())),
                                Room::writeFields)),
                user(
                        "GET",
                        "/rooms/{room}",
                        (caller, request) -> one(200, control.room(caller, request.room()), Room::writeFields)),
                user(
                        "GET",
                        "/rooms/{room}/members",
                        (caller, request) -> many(control.members(caller, request.room()), Member::writeFields)),
                user(
                        "POST",
                        "/rooms/{room}/members",
                        (caller, request) -> one(
                                201,
                                control.invite(caller, request.room(), InviteRequest.fromJson(request.json())),
                                Member::writeFields)),
                user(
                        "DELETE",
                        "/rooms/{room}/members/{endpoint}",
                        (caller, request) -> answer(
                                control.removeMember(caller, request.room(), request.endpoint()),
                                room -> Answer.noContent())),
                user(
                        "POST",
                        "/rooms/{room}/rekey",
                        (caller, request) -> one(
                                200,
                                control.rekey(caller, request.room(), RekeyRequest.fromJson(request.json())),
                                Room::writeFields)),
                user(
                        "GET",
                        "/rooms/{room}/keys/{endpoint}",
                        (caller, request) -> one(
                                200,
                                control.key(caller, request.room(), request.endpoint(), request.epoch()),
                                RoomKey::writeFields)),
                user(
                        "GET",
                        "/members/{endpoint}/rooms",
                        (caller, request) ->
                                many(control.roomsOf(caller, request.endpoint()), MemberRoom::writeFields)),
                user("GET", "/users", (caller, request) -> many(control.users(caller), User::writeFields)),
                user(
                        "GET",
                        "/users/{endpoint}",
                        (caller, request) -> one(200, control.user(caller, request.endpoint()), User::writeFields)),
                user(
                        "POST",
                        "/users",
                        (caller, request) -> one(
                                201,
                                control.addUser(caller, AddUserRequest.fromJson(request.json())),
                                User::writeFields)),
                user(
                        "POST",
                        "/users/{endpoint}/revoke",
                        (caller, request) ->
                                one(200, control.revokeUser(caller, request.endpoint()), User::writeFields)),
                new Route("GET", "/livez", Route.Access.ANYONE, true, operations::livez),
                new Route("GET", "/readyz", Route.Access.ANYONE, operations::readyz),
                new Route("GET", "/openapi.yaml", Route.Access.ANYONE, operations::openApi),
                hostOrAdmin("/status", operations::status),
                hostOrAdmin("/metrics", operations::metrics),
                hostOrAdmin("/", operations::console));
    }

    private Route user(String method, String template, Route.UserHandler handler) {
        return new Route(
                method, template, Route.Access.USER, request -> handler.answer(callers.identify(request), request));
    }

    private Route hostOrAdmin(String template, Route.Handler handler) {
        return new Route("GET", template, Route.Access.LOOPBACK_OR_ADMIN, request -> {
            callers.requireLoopbackOrAdmin(request);
            return handler.answer(request);
        });
    }

    private static <T> Answer one(int status, Outcome<T> outcome, BiConsumer<T, JsonWriter> fields) {
        return answer(outcome, value -> Answer.json(status, json -> fields.accept(value, json)));
    }

    private static <T> Answer many(Outcome<List<T>> outcome, BiConsumer<T, JsonWriter> fields) {
        return answer(outcome, values -> Answer.jsonArray(values, fields));
    }

    private static <T> Answer answer(Outcome<T> outcome, Function<T, Answer> success) {
        if (outcome instanceof Outcome.Refused<T> refused) {
            return Problems.of(refused.rejection()).answer();
        }
        return success.apply(((Outcome.Done<T>) outcome).value());
    }
}
