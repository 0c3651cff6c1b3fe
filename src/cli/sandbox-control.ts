/** Speaks to the sandbox's control API (design.md §9). */
import type { CliContext } from './context.ts';
import { SandboxRefusedError, SandboxUnreachableError } from './exit-status.ts';

/** One audit as the sandbox holds it. */
export interface SandboxAudit {
  id: string;
  platform: string;
  appId: string;
  categoryId: string;
  status: string;
  createdAt: string;
}

/** An account of the sandbox. */
export interface SandboxAccount {
  appId: string;
  platform: string;
  componentAppId: string | null;
}

/** The part of the control API that `trigger` needs. */
export interface SandboxControl {
  audits(): Promise<SandboxAudit[]>;
  decide(auditId: string, verdict: string, reason?: string): Promise<void>;
  /** What happens to the next push. */
  disturbNextPush(how: 'lose' | 'duplicate' | 'shuffle' | 'forge'): Promise<void>;
  accounts(): Promise<{ accounts: SandboxAccount[]; platforms: { componentAppId: string }[] }>;
  /** Any other call of it. */
  call(method: string, path: string, body?: unknown): Promise<unknown>;
}

const answerTimeoutMs = 5_000;

/** Throws `SandboxUnreachableError`, `SandboxRefusedError`. */
export function createSandboxControl(context: Pick<CliContext, 'fetch'>, url: string): SandboxControl {
  async function call(method: string, path: string, body?: unknown): Promise<unknown> {
    let response: Response;
    let text: string;
    try {
      response = await context.fetch(new URL(path, url), {
        method,
        signal: AbortSignal.timeout(answerTimeoutMs),
        ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      });
      text = await response.text();
    } catch (error) {
      throw new SandboxUnreachableError(url, { cause: error });
    }
    if (!response.ok) throw new SandboxRefusedError(`${method} ${path}`, response.status, text.slice(0, 300));
    return text === '' ? undefined : answerOf(text, url);
  }

  return {
    call,
    accounts: async () => {
      const answer = await call('GET', '/sandbox/accounts');
      const isList = typeof answer === 'object' && answer !== null && 'accounts' in answer && 'platforms' in answer;
      if (!isList || !Array.isArray(answer.accounts) || !Array.isArray(answer.platforms))
        throw new SandboxUnreachableError(url);
      return {
        accounts: answer.accounts as SandboxAccount[],
        platforms: answer.platforms as { componentAppId: string }[],
      };
    },
    audits: async () => {
      const answer = await call('GET', '/sandbox/audits');
      if (typeof answer !== 'object' || answer === null || !('audits' in answer) || !Array.isArray(answer.audits))
        throw new SandboxUnreachableError(url);
      return answer.audits as SandboxAudit[];
    },
    decide: async (auditId, verdict, reason) => {
      const body = { verdict, ...(reason === undefined ? {} : { reason }) };
      await call('POST', `/sandbox/audits/${encodeURIComponent(auditId)}/verdict`, body);
    },
    disturbNextPush: async (how) => {
      await call('PUT', '/sandbox/chaos', { push: { [how]: 1 } });
    },
  };
}

/** The control API writes ids as strings, so that plain JSON is enough here. */
function answerOf(text: string, url: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SandboxUnreachableError(url, { cause: error });
  }
}
