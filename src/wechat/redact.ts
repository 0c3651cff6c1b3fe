/** Takes secrets out of text before it can reach an error, a log or a history. */

const hidden = '[hidden]';

/** Names whose values are secret, in a query string, a form or JSON: `access_token=…`, `"appsecret":"…"`. */
const named =
  /((?:access|refresh|authorizer_access|authorizer_refresh|component_access)_?token|component_verify_ticket|app_?secret|component_(?:app)?secret|secret|bearer_token|EncodingAESKey)(\\?["']?\s*[=:]\s*\\?["']?)([^"'&\s,;}\\]+)/gi;
const bearer = /\b(Bearer)\s+[^\s"',;]+/gi;

/**
 * The text with everything hidden that is named like a secret, and each of `secrets` wherever it stands, also
 * percent-encoded as in an address.
 */
export function redact(text: string, secrets: readonly string[] = []): string {
  let clean = text;
  for (const secret of secrets) {
    // Hiding a one-letter secret would only garble the text and tell the letter.
    if (secret.length < 4) continue;
    clean = clean.replaceAll(secret, hidden).replaceAll(encodeURIComponent(secret), hidden);
  }
  return clean.replace(bearer, `$1 ${hidden}`).replace(named, `$1$2${hidden}`);
}
