<?php
// Carries one case by the JSON API (docs/http-api.md): starts it, sends a better image when it is rejected, waits for its end.
// Beside `npm run dev`:  php examples/php/caller.php     and play the auditor: npx wxq trigger rejected --reason 营业执照不清晰
declare(strict_types=1);

$api = rtrim(getenv('WXQ_API_URL') ?: 'http://127.0.0.1:8081', '/');
$token = (string) getenv('WXQ_API_TOKEN'); // a `starter`; none is needed beside `npm run dev`
// Where examples/php/webhook.php leaves the events; without it the case is asked every second.
$eventsFolder = (string) getenv('EVENTS_FOLDER');
$images = __DIR__ . '/../images';

/** Problem details (RFC 9457): programs decide by `type`, people read the rest. */
final class ApiProblem extends RuntimeException
{
    public function __construct(public readonly array $problem)
    {
        $kind = substr(strrchr($problem['type'], ':'), 1);
        parent::__construct(trim("{$problem['status']} $kind: {$problem['detail']} " . ($problem['advice'] ?? '')));
    }
}

/**
 * One request. Each one below may be repeated without harm (it reads, uploads the same bytes, or has an Idempotency-Key):
 * so it is, when its answer was lost or the server asks for patience.
 */
function ask(string $method, string $path, ?string $body = null, array $headers = []): array
{
    global $api, $token;
    $headers[] = 'Expect:';
    if ($token !== '') {
        $headers[] = "Authorization: Bearer $token";
    }
    for ($try = 1; ; $try++) {
        $curl = curl_init($api . $path);
        $given = [];
        curl_setopt_array($curl, [
            CURLOPT_CUSTOMREQUEST => $method,
            CURLOPT_HTTPHEADER => $headers,
            CURLOPT_RETURNTRANSFER => true,
            CURLOPT_TIMEOUT => 40,
            CURLOPT_HEADERFUNCTION => function ($curl, string $line) use (&$given): int {
                [$name, $value] = array_pad(explode(':', $line, 2), 2, '');
                $given[strtolower(trim($name))] = trim($value);
                return strlen($line);
            },
        ]);
        if ($body !== null) {
            curl_setopt($curl, CURLOPT_POSTFIELDS, $body);
        }
        $text = curl_exec($curl);
        $status = (int) curl_getinfo($curl, CURLINFO_RESPONSE_CODE);
        $isLost = $text === false;
        if (($isLost || isset($given['retry-after'])) && $try < 6) {
            sleep((int) ($given['retry-after'] ?? 2));
            continue;
        }
        if ($isLost) {
            throw new RuntimeException("$api does not answer: " . curl_error($curl));
        }
        // Ids are strings in this API: nothing gets lost in a float.
        $answer = json_decode($text, true, 64, JSON_THROW_ON_ERROR);
        if ($status >= 400) {
            throw new ApiProblem($answer);
        }
        return ['status' => $status, 'headers' => $given, 'body' => $answer];
    }
}

function post(string $path, array $body, string $key): array
{
    $json = json_encode((object) $body, JSON_THROW_ON_ERROR | JSON_UNESCAPED_UNICODE);
    return ask('POST', $path, $json, ['Content-Type: application/json', "Idempotency-Key: $key"]);
}

/** The image's source, to be named in a start or a resubmission. */
function upload(string $file): string
{
    $type = 'Content-Type: ' . (str_ends_with($file, '.png') ? 'image/png' : 'image/jpeg');
    return ask('POST', '/v1/material', file_get_contents($file), [$type])['body']['source'];
}

/** Whether webhook.php has taken something about this case that was not seen here yet. */
function isTold(string $case, string $eventsFolder): bool
{
    static $seen = [];
    $isNews = false;
    foreach (glob("$eventsFolder/*.json") ?: [] as $file) {
        $event = json_decode((string) file_get_contents($file), true);
        // Not written to its end yet: the next look finds it.
        if (isset($seen[$file]) || !is_array($event)) {
            continue;
        }
        $seen[$file] = true;
        if ('/v1/cases/' . ($event['data']['workflowId'] ?? '') === $case) {
            echo "  told: {$event['type']}\n";
            $isNews = true;
        }
    }
    return $isNews;
}

/** Until a person must do something, or the case is closed. */
function waitForNews(string $case): array
{
    global $eventsFolder;
    for ($second = 0; ; $second++, sleep(1)) {
        // Once a minute even if nobody was told: a receiver may have been away.
        if ($eventsFolder !== '' && !isTold($case, $eventsFolder) && $second % 60 !== 0) {
            continue;
        }
        // An event only says that there is something new: what is true now says the case itself.
        $view = ask('GET', $case)['body'];
        if (in_array($view['waitingFor'], ['material', 'unblocking', 'nothing'], true)) {
            return $view;
        }
    }
}

try {
    // The key is what this job is called in your own database: a second run of it starts no second case.
    $order = getenv('ORDER') ?: 'order-' . date('Ymd');
    $started = post('/v1/cases', [
        'appId' => getenv('APP_ID') ?: 'wx5a2d8f1c3b7e9046',
        'externalId' => $order,
        'category' => ['leaf' => '6203'],
        'material' => [
            'form' => 'licenses',
            'licenses' => [[
                'groupId' => '1',
                'licenseId' => '2',
                'images' => [upload("$images/business-licence-blurred.jpg")],
            ]],
        ],
    ], $order);
    $case = $started['headers']['location'];
    echo "{$started['status']} $case" . ($started['body']['existing'] ? ' (was running already)' : '') . "\n";

    while (($view = waitForNews($case))['waitingFor'] === 'material') {
        $attempt = end($view['attempts']);
        echo "rejected: {$attempt['reason']}\n";
        $path = $view['material'][0]['path'];
        $accepted = post("$case/resubmit", [
            'set' => [$path => upload("$images/business-licence-sharp.jpg")],
            'note' => 'a sharper scan',
        ], "$order-after-{$attempt['number']}");
        echo "resubmitted: attempt {$accepted['body']['attempt']}\n";
    }
    if ($view['waitingFor'] === 'unblocking') {
        echo "blocked: {$view['blocked']['reason']} {$view['blocked']['advice']}\n";
        exit(1);
    }
    $result = ask('GET', "$case/result?waitSeconds=10")['body'];
    echo "{$result['outcome']} " . ($result['reason'] ?? '') . "\n";
    try {
        post("$case/withdraw", [], "$order-withdraw");
    } catch (ApiProblem $problem) {
        echo "{$problem->getMessage()}\n";
    }
} catch (ApiProblem $problem) {
    fwrite(STDERR, "{$problem->getMessage()}\n");
    foreach ($problem->problem['findings'] ?? [] as $finding) {
        fwrite(STDERR, "  {$finding['zh']}\n");
    }
    exit(1);
}
