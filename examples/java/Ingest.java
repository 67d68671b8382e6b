// Submit a video, wait for it, print where it plays, check the notification about it. Java 17 or newer, nothing else.
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Base64;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

public class Ingest {
    static final String SERVER = setting("VODPULL_SERVER", "http://127.0.0.1:8080");
    static final String KEY = System.getenv("VODPULL_ACCESS_KEY") + "." + System.getenv("VODPULL_SECRET_KEY");
    static final String WEBHOOK_SECRET = setting("VODPULL_WEBHOOK_SECRET", "");
    static final String LISTEN = setting("VODPULL_LISTEN", "http://127.0.0.1:9000");
    static final HttpClient HTTP = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    static String setting(String name, String otherwise) {
        return System.getenv().getOrDefault(name, otherwise);
    }

    static String api(String path, String body) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(SERVER + "/api/v1" + path))
                .timeout(Duration.ofMinutes(1))
                .header("Authorization", "Bearer " + KEY);
        if (body != null) {
            request.header("Content-Type", "application/json")
                    // With an Idempotency-Key the call may be sent again after a broken connection.
                    .header("Idempotency-Key", UUID.randomUUID().toString())
                    .POST(BodyPublishers.ofString(body));
        }
        var reply = HTTP.send(request.build(), BodyHandlers.ofString());
        if (reply.statusCode() >= 300) throw new IllegalStateException(reply.body());
        return reply.body();
    }

    static String submit(String url, String notifyUrl) throws Exception {
        var body = "{\"items\": [{\"url\": \"%s\"}], \"notify_url\": \"%s\"}".formatted(url, notifyUrl);
        return text(api("/batches", body), "batch_id");
    }

    static String await(String batchId) throws Exception {
        while (true) {
            var batch = api("/batches/" + batchId, null);
            if (batch.contains("\"is_final\":true")) return batch;
            Thread.sleep(1000);
        }
    }

    /** Returns the first member of this name; a real program reads JSON with the library it has anyway. */
    static String text(String json, String name) {
        var found = Pattern.compile("\"" + name + "\":\\s*\"([^\"]*)\"").matcher(json);
        return found.find() ? found.group(1) : "";
    }

    /** Tells whether a notification is genuine (Standard Webhooks). */
    static boolean verify(Headers headers, byte[] body) throws Exception {
        var id = headers.getFirst("webhook-id");
        var timestamp = headers.getFirst("webhook-timestamp");
        if (Math.abs(System.currentTimeMillis() / 1000 - Long.parseLong(timestamp)) > 300) return false;
        var mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(Base64.getDecoder().decode(WEBHOOK_SECRET.replaceFirst("^whsec_", "")), "HmacSHA256"));
        mac.update((id + "." + timestamp + ".").getBytes(StandardCharsets.UTF_8));
        var wanted = ("v1," + Base64.getEncoder().encodeToString(mac.doFinal(body))).getBytes(StandardCharsets.UTF_8);
        for (var given : headers.getFirst("webhook-signature").split(" ")) {
            if (MessageDigest.isEqual(wanted, given.getBytes(StandardCharsets.UTF_8))) return true;
        }
        return false;
    }

    static HttpServer receiver(CompletableFuture<String> arrived) throws Exception {
        var receiver = HttpServer.create(new InetSocketAddress("127.0.0.1", URI.create(LISTEN).getPort()), 0);
        receiver.createContext("/", exchange -> {
            try (exchange) {
                var body = exchange.getRequestBody().readAllBytes();
                var genuine = verify(exchange.getRequestHeaders(), body);
                exchange.sendResponseHeaders(genuine ? 200 : 401, -1);
                if (genuine) {
                    var task = new String(Base64.getUrlDecoder().decode(body), StandardCharsets.UTF_8);
                    var id = exchange.getRequestHeaders().getFirst("webhook-id");
                    arrived.complete("notification " + id + " about " + text(task, "taskId"));
                }
            } catch (Exception error) {
                System.err.println(error);
            }
        });
        receiver.start();
        return receiver;
    }

    public static void main(String[] words) throws Exception {
        var arrived = new CompletableFuture<String>();
        var receiver = WEBHOOK_SECRET.isEmpty() ? null : receiver(arrived);
        try {
            var batchId = submit(words[0], receiver == null ? "" : LISTEN);
            System.out.println(batchId);
            var batch = await(batchId);
            var playlist = text(batch, "playlist");
            if (playlist.isEmpty()) throw new IllegalStateException(batch);
            System.out.println("done " + SERVER + "/media/" + playlist);
            if (receiver != null) System.out.println(arrived.get());
        } finally {
            if (receiver != null) receiver.stop(0);
        }
    }
}
