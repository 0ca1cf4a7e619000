package io.unibus.cluster;

import io.unibus.protocol.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** Plain requests, for routes that the client library does not know. */
final class Http {
    private static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private Http() {}

    record Answer(int status, String body) {
        JsonObject json() {
            return JsonObject.parse(body.getBytes(StandardCharsets.UTF_8));
        }
    }

    static Answer get(URI node, String path) {
        HttpRequest request =
                HttpRequest.newBuilder(node.resolve(path)).timeout(LIMIT).build();
        try {
            var response = CLIENT.send(request, BodyHandlers.ofString());
            return new Answer(response.statusCode(), response.body());
        } catch (IOException e) {
            return new Answer(0, e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    static boolean isReady(URI node) {
        return get(node, "/readyz").status() == 200;
    }
}
