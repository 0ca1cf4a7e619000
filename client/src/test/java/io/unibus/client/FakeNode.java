package io.unibus.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.unibus.protocol.CreateRoomRequest;
import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.Headers;
import io.unibus.protocol.InviteRequest;
import io.unibus.protocol.JsonObject;
import io.unibus.protocol.JsonWriter;
import io.unibus.protocol.Member;
import io.unibus.protocol.MemberRole;
import io.unibus.protocol.RekeyRequest;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.RoomKey;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;

/**
 * A control plane in memory behind real HTTP on a loopback port, with faults on request. Knows the rules of rooms that the
 * client must cope with, not all of a node's. Handles one request at a time.
 */
final class FakeNode implements AutoCloseable {
    /** Stands for a success whose body stops after its first byte. */
    private static final int STALLED = -200;

    private final HttpServer server;
    private final Map<RoomId, FakeRoom> rooms = new ConcurrentHashMap<>();
    private final List<Fault> faults = new CopyOnWriteArrayList<>();
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final List<Request> delayed = new CopyOnWriteArrayList<>();
    private final CountDownLatch closed = new CountDownLatch(1);

    private FakeNode(HttpServer server) {
        this.server = server;
    }

    static FakeNode start() throws IOException {
        // Otherwise each answer waits 40 ms for a delayed acknowledgement of its header.
        System.setProperty("sun.net.httpserver.nodelay", "true");
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        FakeNode node = new FakeNode(server);
        server.createContext("/", node::handle);
        server.start();
        return node;
    }

    URI url() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    @Override
    public void close() {
        closed.countDown();
        server.stop(0);
    }

    /** Requests so far, like {@code POST /rooms as U…}. */
    List<String> requests() {
        return requests;
    }

    List<String> writes() {
        return requests.stream().filter(line -> !line.startsWith("GET ")).toList();
    }

    FakeRoom room(RoomId id) {
        return Optional.ofNullable(rooms.get(id)).orElseThrow();
    }

    /** The next request that begins with {@code prefix} is carried out and its answer lost. */
    void loseAnswerTo(String prefix) {
        faults.add(new Fault(prefix, request -> {
            answer(request);
            return Optional.empty();
        }));
    }

    /** The next request that begins with {@code prefix} is lost before it is carried out. */
    void lose(String prefix) {
        faults.add(new Fault(prefix, request -> Optional.empty()));
    }

    /** The next request that begins with {@code prefix} is not answered, and carried out by {@link #landDelayed}. */
    void delay(String prefix) {
        faults.add(new Fault(prefix, request -> {
            delayed.add(request);
            return Optional.empty();
        }));
    }

    void landDelayed() {
        delayed.forEach(this::answer);
        delayed.clear();
    }

    /** The next request that begins with {@code prefix} is never answered. */
    void hang(String prefix) {
        faults.add(new Fault(prefix, request -> {
            awaitClose();
            return Optional.empty();
        }));
    }

    private void awaitClose() {
        try {
            closed.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Something happens just before the next request that begins with {@code prefix} is carried out. */
    void before(String prefix, Runnable event) {
        faults.add(new Fault(prefix, request -> {
            event.run();
            return Optional.of(answer(request));
        }));
    }

    /** The next request that begins with {@code prefix} gets this answer and is not carried out. */
    void answerWith(String prefix, int status, String contentType, String body) {
        faults.add(new Fault(prefix, request -> Optional.of(new Answer(status, contentType, body.getBytes(UTF_8)))));
    }

    /** The next request that begins with {@code prefix} gets the head of an answer and half of its body. */
    void stall(String prefix) {
        faults.add(new Fault(
                prefix, request -> Optional.of(new Answer(STALLED, "application/json", new byte[] {'{'}))));
    }

    private record Fault(String prefix, Behaviour behaviour) {}

    private interface Behaviour {
        /** Empty: the connection ends without an answer. */
        Optional<Answer> to(Request request);
    }

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Request(String method, List<String> path, String query, Endpoint caller, byte[] body) {}

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Answer(int status, String contentType, byte[] body) {
        static Answer json(int status, byte[] body) {
            return new Answer(status, "application/json", body);
        }

        static Answer object(int status, Consumer<JsonWriter> fields) {
            return json(status, JsonWriter.object(fields));
        }

        static Answer problem(int status, String code, Consumer<JsonWriter> more) {
            return new Answer(status, "application/problem+json; charset=utf-8", JsonWriter.object(json -> {
                json.field("type", "about:blank");
                json.field("title", "Refused");
                json.field("status", status);
                json.field("code", code);
                json.field("detail", "Detail of " + code + ".");
                json.field("a_field_of_a_newer_node", true);
                more.accept(json);
            }));
        }

        static Answer problem(int status, String code) {
            return problem(status, code, json -> {});
        }
    }

    private void handle(HttpExchange exchange) {
        try (exchange) {
            Request request = read(exchange);
            String line = request.method() + " " + exchange.getRequestURI();
            requests.add(line + " as " + request.caller());
            Optional<Answer> answer = behaviour(line).to(request);
            if (answer.isPresent()) {
                write(exchange, answer.get());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Behaviour behaviour(String line) {
        for (Fault fault : faults) {
            if ((line + " ").startsWith(fault.prefix())) {
                faults.remove(fault);
                return fault.behaviour();
            }
        }
        return request -> Optional.of(answer(request));
    }

    private static Request read(HttpExchange exchange) throws IOException {
        URI uri = exchange.getRequestURI();
        return new Request(
                exchange.getRequestMethod(),
                List.of(uri.getPath().substring(1).split("/", -1)),
                uri.getQuery() == null ? "" : uri.getQuery(),
                Endpoint.parse(exchange.getRequestHeaders().getFirst(Headers.ENDPOINT)),
                exchange.getRequestBody().readAllBytes());
    }

    private void write(HttpExchange exchange, Answer answer) throws IOException {
        if (answer.status() == STALLED) {
            exchange.sendResponseHeaders(200, 2L * answer.body().length);
            exchange.getResponseBody().write(answer.body());
            exchange.getResponseBody().flush();
            awaitClose();
            return;
        }
        exchange.getResponseHeaders().set("Content-Type", answer.contentType());
        exchange.sendResponseHeaders(answer.status(), answer.body().length == 0 ? -1 : answer.body().length);
        exchange.getResponseBody().write(answer.body());
    }

    private Answer answer(Request request) {
        if (request.path().equals(List.of("rooms"))) {
            return create(request);
        }
        if (request.path().size() == 3 && request.path().get(0).equals("members")) {
            return Answer.json(200, JsonWriter.array(List.<Member>of(), Member::writeFields));
        }
        FakeRoom room = rooms.get(new RoomId(request.path().get(1)));
        if (room == null || room.member(request.caller()).isEmpty()) {
            return Answer.problem(404, "room-not-found");
        }
        return answer(room, request);
    }

    private Answer create(Request request) {
        CreateRoomRequest create = CreateRoomRequest.fromJson(JsonObject.parse(request.body()));
        FakeRoom room = new FakeRoom(create, request.caller());
        if (rooms.values().stream().anyMatch(other -> other.subject.equals(room.subject))) {
            return Answer.problem(409, "subject-taken");
        }
        rooms.put(room.id, room);
        return Answer.object(201, room.view()::writeFields);
    }

    private static Answer answer(FakeRoom room, Request request) {
        String what = request.path().size() == 2 ? "" : request.path().get(2);
        return switch (request.method() + " " + what) {
            case "GET " -> Answer.object(200, room.view()::writeFields);
            case "GET members" -> Answer.json(200, JsonWriter.array(room.members(), Member::writeFields));
            case "GET keys" -> key(room, request);
            case "POST members" -> invite(room, InviteRequest.fromJson(JsonObject.parse(request.body())));
            case "POST rekey" -> rekey(room, request.caller(), RekeyRequest.fromJson(JsonObject.parse(request.body())));
            case "DELETE members" -> delete(room, Endpoint.parse(request.path().get(3)));
            default -> Answer.problem(404, "no-such-route");
        };
    }

    private static Answer key(FakeRoom room, Request request) {
        Epoch epoch = request.query().isEmpty()
                ? room.epoch()
                : Epoch.parse(request.query().substring("epoch=".length()));
        return room.key(epoch, request.caller())
                .map(value -> new RoomKey(room.id, epoch, request.caller(), value))
                .map(key -> Answer.object(200, key::writeFields))
                .orElseGet(() -> Answer.problem(404, "key-not-found"));
    }

    private static Answer invite(FakeRoom room, InviteRequest request) {
        if (room.member(request.endpoint()).isPresent()) {
            return Answer.problem(409, "member-exists");
        }
        if (!request.epoch().equals(room.epoch())) {
            return epochConflict(room);
        }
        room.join(request.endpoint(), request.role(), request.sealedKey());
        return Answer.object(201, room.member(request.endpoint()).orElseThrow()::writeFields);
    }

    private static Answer rekey(FakeRoom room, Endpoint caller, RekeyRequest request) {
        if (room.member(caller).orElseThrow().role() != MemberRole.OWNER) {
            return Answer.problem(403, "owner-only");
        }
        if (!request.epoch().equals(room.epoch().next())) {
            return epochConflict(room);
        }
        List<Endpoint> remaining =
                new ArrayList<>(room.members().stream().map(Member::endpoint).toList());
        remaining.removeAll(request.remove());
        List<Endpoint> missing = new ArrayList<>(remaining);
        missing.removeAll(request.keys().keySet());
        List<Endpoint> extra = new ArrayList<>(request.keys().keySet());
        extra.removeAll(remaining);
        if (!missing.isEmpty() || !extra.isEmpty()) {
            return Answer.problem(422, "keys-do-not-cover-members", json -> {
                json.strings("missing", missing.stream().map(Endpoint::nkey).toList());
                json.strings("extra", extra.stream().map(Endpoint::nkey).toList());
            });
        }
        room.rekey(request);
        return Answer.object(200, room.view()::writeFields);
    }

    private static Answer delete(FakeRoom room, Endpoint endpoint) {
        if (room.member(endpoint).isEmpty()) {
            return Answer.problem(404, "member-not-found");
        }
        room.leave(endpoint);
        return new Answer(204, "text/plain", new byte[0]);
    }

    private static Answer epochConflict(FakeRoom room) {
        return Answer.problem(
                409,
                "epoch-conflict",
                json -> json.field("current_epoch", room.epoch().number()));
    }
}
