<?php
// Receives webhooks (docs/webhooks.md) with plain PHP, verifies the signature, and takes each event once.
// Beside `npm run dev`:  WXQ_WEBHOOK_SECRET=whsec_… php -S 127.0.0.1:8099 examples/php/webhook.php
declare(strict_types=1);

$body = file_get_contents('php://input');
$id = $_SERVER['HTTP_WEBHOOK_ID'] ?? '';
$timestamp = $_SERVER['HTTP_WEBHOOK_TIMESTAMP'] ?? '';
$signatures = explode(' ', $_SERVER['HTTP_WEBHOOK_SIGNATURE'] ?? '');

/** Signed with our secret, and lately: an old request that somebody kept is refused. */
function isGenuine(string $id, string $timestamp, string $body, array $signatures): bool
{
    if (!ctype_digit($timestamp) || abs(time() - (int) $timestamp) > 300) {
        return false;
    }
    $secret = base64_decode(substr((string) getenv('WXQ_WEBHOOK_SECRET'), strlen('whsec_')), true);
    if ($secret === false || strlen($secret) < 24) {
        return false;
    }
    $expected = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$timestamp.$body", $secret, true));
    foreach ($signatures as $signature) {
        if (hash_equals($expected, $signature)) {
            return true;
        }
    }
    return false;
}

if (!preg_match('/^[\w-]{1,100}$/', $id) || !isGenuine($id, $timestamp, $body, $signatures)) {
    http_response_code(401);
    return;
}

// Every try and every redelivery has the same id: what was taken before is only acknowledged. Use your database for this.
$taken = (getenv('EVENTS_FOLDER') ?: sys_get_temp_dir() . '/wxq-events') . "/$id.json";
is_dir(dirname($taken)) || mkdir(dirname($taken), 0700, true);
$file = @fopen($taken, 'x');
if ($file !== false) {
    fwrite($file, $body);
    fclose($file);
    $event = json_decode($body, true);
    error_log(sprintf('%s %s %s', $event['type'], $event['data']['workflowId'] ?? '', $event['data']['reason'] ?? ''));
}
http_response_code(204);
