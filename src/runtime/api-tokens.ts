/** Reads `WXQ_API_TOKENS`: who may use the JSON API, as which name and in which role. Messages never show a token. */

const roles = ['viewer', 'operator', 'starter', 'admin'] as const;

/** One bearer token of the JSON API. */
export interface ApiTokenSetting {
  name: string;
  role: (typeof roles)[number];
  token: string;
}

/** `name:role:token,…`. Throws an Error whose message completes a sentence that begins with the setting's name. */
export function parseApiTokens(text: string): ApiTokenSetting[] {
  const tokens = text.split(',').map((entry, index) => {
    const [, name = '', role = '', token = ''] = /^([^:]*):([^:]*):(.*)$/.exec(entry.trim()) ?? [];
    const which = `(entry ${index + 1})`;
    if (!/^[\w.@-]{1,64}$/.test(name))
      throw new Error(`must read name:role:token,… with names of letters, digits and . _ @ - ${which}`);
    const known = roles.find((one) => one === role);
    if (known === undefined) throw new Error(`has a role that is none of ${roles.join(', ')} ${which}`);
    if (!/^[\x21-\x2b\x2d-\x7e]{16,}$/.test(token))
      throw new Error(`has a token of fewer than 16 characters, or one with blanks ${which}: openssl rand -hex 32`);
    return { name, role: known, token };
  });
  for (const part of ['name', 'token'] as const) {
    const seen = new Set(tokens.map((token) => token[part]));
    if (seen.size < tokens.length) throw new Error(`has the same ${part} twice`);
  }
  return tokens;
}
