// Carries one case by the JSON API (docs/http-api.md): starts it, sends a better image when it is rejected, waits for its end.
// Nothing but the JDK, 17 or later. Beside `npm run dev`:  java examples/java/Caller.java
// and play the auditor: npx wxq trigger rejected --reason 营业执照不清晰
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

public class Caller {
    static final String API = setting("WXQ_API_URL", "http://127.0.0.1:8081");
    /** A `starter`; none is needed beside `npm run dev`. */
    static final String TOKEN = setting("WXQ_API_TOKEN", "");
    static final Path IMAGES = Path.of(setting("IMAGES", "examples/images"));
    static final HttpClient HTTP = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();

    public static void main(String[] arguments) throws Exception {
        try {
            carryOneCase();
        } catch (ApiProblem problem) {
            System.err.println(problem.getMessage());
            if (problem.body.get("findings") instanceof List<?> findings)
                for (Object finding : findings) System.err.println("  " + ((Map<?, ?>) finding).get("zh"));
            System.exit(1);
        }
    }

    static void carryOneCase() throws Exception {
        // The key is what this job is called in your own database: a second run of it starts no second case.
        String order = setting("ORDER", "order-" + LocalDate.now());
        Answer started = post("/v1/cases", Map.of(
            "appId", setting("APP_ID", "wx5a2d8f1c3b7e9046"),
            "externalId", order,
            "category", Map.of("leaf", "6204"),
            "material", Map.of("form", "licenses", "licenses", List.of(Map.of(
                "groupId", "1",
                "licenseId", "2",
                "images", List.of(upload("business-licence-blurred.jpg")))))), order);
        String location = started.location;
        System.out.println(started.status + " " + location + (started.body.get("existing").equals(true) ? " (was running already)" : ""));

        Map<String, Object> view = waitForNews(location);
        while (view.get("waitingFor").equals("material")) {
            List<?> attempts = (List<?>) view.get("attempts");
            Map<?, ?> attempt = (Map<?, ?>) attempts.get(attempts.size() - 1);
            System.out.println("rejected: " + attempt.get("reason"));
            String path = (String) ((Map<?, ?>) ((List<?>) view.get("material")).get(0)).get("path");
            Answer accepted = post(location + "/resubmit", Map.of(
                "set", Map.of(path, upload("business-licence-sharp.jpg")),
                "note", "a sharper scan"), order + "-after-" + attempt.get("number"));
            System.out.println("resubmitted: attempt " + accepted.body.get("attempt"));
            view = waitForNews(location);
        }
        if (view.get("waitingFor").equals("unblocking")) {
            Map<?, ?> blocked = (Map<?, ?>) view.get("blocked");
            System.out.println("blocked: " + blocked.get("reason") + " " + blocked.get("advice"));
            System.exit(1);
        }
        Map<String, Object> result = ask(request(location + "/result?waitSeconds=10").GET().build()).body;
        System.out.println(result.get("outcome") + " " + result.getOrDefault("reason", ""));
        try {
            post(location + "/withdraw", Map.of(), order + "-withdraw");
        } catch (ApiProblem problem) {
            System.out.println(problem.getMessage());
        }
    }

    /** Until a person must do something, or the case is closed. With webhooks (docs/webhooks.md) nobody has to ask. */
    static Map<String, Object> waitForNews(String location) throws Exception {
        for (;; Thread.sleep(1_000)) {
            Map<String, Object> view = ask(request(location).GET().build()).body;
            if (List.of("material", "unblocking", "nothing").contains(view.get("waitingFor"))) return view;
        }
    }

    /** The image's source, to be named in a start or a resubmission. */
    static String upload(String name) throws Exception {
        String type = name.endsWith(".png") ? "image/png" : "image/jpeg";
        byte[] bytes = Files.readAllBytes(IMAGES.resolve(name));
        HttpRequest.Builder upload = request("/v1/material").header("Content-Type", type);
        return (String) ask(upload.POST(BodyPublishers.ofByteArray(bytes)).build()).body.get("source");
    }

    static Answer post(String path, Map<String, ?> body, String key) throws Exception {
        HttpRequest.Builder post = request(path).header("Content-Type", "application/json").header("Idempotency-Key", key);
        return ask(post.POST(BodyPublishers.ofString(Json.write(body))).build());
    }

    static HttpRequest.Builder request(String path) {
        HttpRequest.Builder builder = HttpRequest.newBuilder(URI.create(API + path)).timeout(Duration.ofSeconds(40));
        return TOKEN.isEmpty() ? builder : builder.header("Authorization", "Bearer " + TOKEN);
    }

    /**
     * Each request here may be repeated without harm (it reads, uploads the same bytes, or has an Idempotency-Key):
     * so it is, when its answer was lost or the server asks for patience.
     */
    static Answer ask(HttpRequest request) throws Exception {
        for (int tries = 1; ; tries++) {
            HttpResponse<String> response;
            try {
                response = HTTP.send(request, BodyHandlers.ofString());
            } catch (IOException lost) {
                if (tries >= 6) throw lost;
                Thread.sleep(2_000);
                continue;
            }
            var patience = response.headers().firstValueAsLong("Retry-After");
            if (patience.isPresent() && tries < 6) {
                Thread.sleep(patience.getAsLong() * 1_000);
                continue;
            }
            Map<String, Object> body = Json.object(response.body());
            if (response.statusCode() >= 400) throw new ApiProblem(response.statusCode(), body);
            return new Answer(response.statusCode(), response.headers().firstValue("Location").orElse(""), body);
        }
    }

    static String setting(String name, String whenUnset) {
        String value = System.getenv(name);
        return value == null || value.isEmpty() ? whenUnset : value;
    }

    record Answer(int status, String location, Map<String, Object> body) {}

    /** Problem details (RFC 9457): programs decide by `type`, people read the rest. */
    static class ApiProblem extends Exception {
        final Map<String, Object> body;

        ApiProblem(int status, Map<String, Object> body) {
            super((status + " " + kindOf(body) + ": " + body.get("detail") + " " + body.getOrDefault("advice", "")).trim());
            this.body = body;
        }

        static String kindOf(Map<String, Object> body) {
            String type = String.valueOf(body.get("type"));
            return type.substring(type.lastIndexOf(':') + 1);
        }
    }

    /** As much JSON as this needs; your project has a library for it (Jackson, Gson). Ids are strings in this API. */
    static class Json {
        private final String text;
        private int at;

        private Json(String text) {
            this.text = text;
        }

        @SuppressWarnings("unchecked")
        static Map<String, Object> object(String text) {
            return (Map<String, Object>) new Json(text).value();
        }

        private Object value() {
            switch (next()) {
                case '{' -> {
                    Map<String, Object> members = new LinkedHashMap<>();
                    for (at++; next() != '}'; skip(',')) {
                        String name = string();
                        skip(':');
                        members.put(name, value());
                    }
                    at++;
                    return members;
                }
                case '[' -> {
                    List<Object> items = new ArrayList<>();
                    for (at++; next() != ']'; skip(',')) items.add(value());
                    at++;
                    return items;
                }
                case '"' -> {
                    return string();
                }
                default -> {
                    int start = at;
                    while (at < text.length() && ",]} \t\r\n".indexOf(text.charAt(at)) < 0) at++;
                    String word = text.substring(start, at);
                    return switch (word) {
                        case "true" -> true;
                        case "false" -> false;
                        case "null" -> null;
                        default -> word.matches("-?\\d{1,18}") ? (Object) Long.parseLong(word) : (Object) Double.parseDouble(word);
                    };
                }
            }
        }

        private char next() {
            while (Character.isWhitespace(text.charAt(at))) at++;
            return text.charAt(at);
        }

        private void skip(char expected) {
            if (next() == expected) at++;
        }

        private String string() {
            StringBuilder built = new StringBuilder();
            next();
            for (at++; text.charAt(at) != '"'; at++) {
                char one = text.charAt(at);
                if (one != '\\') {
                    built.append(one);
                    continue;
                }
                char escaped = text.charAt(++at);
                int known = "bfnrt".indexOf(escaped);
                if (escaped == 'u') {
                    built.append((char) Integer.parseInt(text.substring(at + 1, at + 5), 16));
                    at += 4;
                } else built.append(known < 0 ? escaped : "\b\f\n\r\t".charAt(known));
            }
            at++;
            return built.toString();
        }

        static String write(Object value) {
            if (value instanceof Map<?, ?> map)
                return "{" + String.join(",", map.entrySet().stream()
                    .map(member -> write(member.getKey()) + ":" + write(member.getValue())).toList()) + "}";
            if (value instanceof List<?> list) return "[" + String.join(",", list.stream().map(Json::write).toList()) + "]";
            if (value instanceof Number || value instanceof Boolean || value == null) return String.valueOf(value);
            StringBuilder built = new StringBuilder("\"");
            for (char one : value.toString().toCharArray())
                built.append(one == '"' || one == '\\' ? "\\" + one : one < ' ' ? String.format("\\u%04x", (int) one) : one);
            return built.append('"').toString();
        }
    }
}
