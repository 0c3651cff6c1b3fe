/** Checks of the server from outside in: its private port, and for each push address the echo with the account's own Token. */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { CallbackSettings } from '../../store/accounts.ts';
import { echoQuery } from '../../wechat/index.ts';
import { type Check, fail, NotToBeHad, type Outcome, ok, skipped, warn } from './finding.ts';
import type { Installation } from './installation.ts';

export const serverChecks: readonly Check<Installation>[] = [
  { name: 'server', run: ready },
  { name: 'pushes', run: pushes },
];

/** Base address of the private port. */
export function privateUrlOf({ config, options }: Pick<Installation, 'config' | 'options'>): string {
  const host = config.privateHost === '0.0.0.0' ? '127.0.0.1' : config.privateHost;
  return (options.privateUrl ?? `http://${host}:${config.consolePort}`).replace(/\/+$/, '');
}

const readiness = z.object({ parts: z.record(z.string(), z.string()) });

async function ready(installation: Installation, signal: AbortSignal): Promise<Outcome> {
  const url = `${privateUrlOf(installation)}/readyz`;
  let answer: Response;
  try {
    answer = await installation.fetch(url, { signal, redirect: 'manual' });
  } catch {
    return fail(`${url} does not answer`, {
      zh: '请启动 server(wxq server);若它在别的主机或端口,请用 --private-url 指明(端口被占用时它会换用下一个,见启动日志)。',
      en: 'Start the server (wxq server). If it is on another host or port, say so with --private-url: it takes the next port when its own is taken, and its log says which.',
    });
  }
  const read = readiness.safeParse(await answer.json().catch(() => undefined));
  if (answer.status === 200) return ok(`ready at ${url}`);
  const down = Object.entries(read.data?.parts ?? {}).flatMap(([name, state]) => (state === 'ok' ? [] : [name]));
  if (answer.status === 503 && down.length > 0) {
    return fail(`${url}: not reachable from the server: ${down.join(', ')}`, {
      zh: `请检查 server 所在主机到 ${down.join('、')} 的连接和设置;恢复前推送会被要求重发。`,
      en: `Look at the server's own settings and network towards ${down.join(', ')}; until then it asks WeChat to push again.`,
    });
  }
  return fail(`${url} answers HTTP ${answer.status}, which is not the server of this program`, {
    zh: '这个端口上是别的程序:请核对 WXQ_CONSOLE_PORT,或用 --private-url 指明。',
    en: 'Another program listens there: look at WXQ_CONSOLE_PORT, or use --private-url.',
  });
}

/** How pushes have ended since the server was started, by its own counters. */
async function pushes(installation: Installation, signal: AbortSignal): Promise<Outcome[]> {
  const url = `${privateUrlOf(installation)}/metrics`;
  const text = await installation.fetch(url, { signal, redirect: 'manual' }).then(
    (answer) => (answer.ok ? answer.text() : undefined),
    () => undefined,
  );
  if (text === undefined) throw new NotToBeHad("the server's counters can't be read");
  const counted = [...text.matchAll(/^wxq_callback_pushes_total\{([^}]*)\} (\d+)/gm)];
  const count = (...results: string[]): number =>
    counted
      .filter(([, labels = '']) => results.some((result) => labels.includes(`result="${result}"`)))
      .reduce((sum, [, , number]) => sum + Number(number), 0);
  const all = counted.reduce((sum, [, , number]) => sum + Number(number), 0);
  const [misconfigured, forged] = [count('misconfigured'), count('forged')];
  const found: Outcome[] = [];
  if (misconfigured > 0) {
    found.push(
      fail(`${misconfigured} pushes were signed by WeChat, and no EncodingAESKey that is set opens them`, {
        zh: '请把微信后台「消息推送」里的 EncodingAESKey 填入账号配置的 callback.encodingAesKey(轮换时新旧两个都保留),再重启 server;微信会重推。',
        en: 'Put the EncodingAESKey of the WeChat console into callback.encodingAesKey of the account (both while it is being changed), and start the server again: WeChat pushes once more.',
      }),
    );
  }
  if (forged > 0) {
    found.push(
      warn(`${forged} pushes had a wrong signature, or were another account's`, {
        zh: '若是自己的账号:请核对微信后台「消息推送」里的 Token 与账号配置 callback.token 一致,且 URL 末尾的 appid 正确。',
        en: "If they are your own: compare the Token in the WeChat console with the account's callback.token, and the appid at the end of the URL.",
      }),
    );
  }
  return found.length > 0 ? found : [ok(`${all} since the server was started, none refused for its Token or its key`)];
}

/** One push address: where it is under the public base address, and what it is checked with. */
export interface PushAddress {
  path: string;
  settings: CallbackSettings | undefined;
}

/** Asks as WeChat asks when the address is entered: the right signature gets its echo, a wrong one gets nothing. */
export async function echoed(
  installation: Pick<Installation, 'config' | 'options' | 'fetch' | 'now'>,
  { path, settings }: PushAddress,
  signal: AbortSignal,
): Promise<Outcome> {
  if (settings === undefined) return skipped('no callback is set for it: verdicts are found by reading alone');
  const { config, options } = installation;
  const base = (options.callbackUrl ?? `http://127.0.0.1:${config.callbackPort}`).replace(/\/+$/, '');
  const address = `${base}${path}`;
  const ask = async (token: string): Promise<{ status: number; body: string; echostr: string }> => {
    const timestamp = String(Math.floor(installation.now() / 1000));
    const [nonce, echostr] = [randomBytes(8).toString('hex'), randomBytes(12).toString('hex')];
    const query = new URLSearchParams(echoQuery({ token, timestamp, nonce, echostr }));
    const answer = await installation.fetch(`${address}?${query}`, { signal, redirect: 'manual' });
    return { status: answer.status, body: await answer.text(), echostr };
  };
  let right: Awaited<ReturnType<typeof ask>>;
  let wrong: Awaited<ReturnType<typeof ask>>;
  try {
    right = await ask(settings.token);
    wrong = await ask(randomBytes(16).toString('hex'));
  } catch (error) {
    if (signal.aborted) throw error;
    return fail(`${address} can't be reached`, {
      zh: '请确认 server 在运行,域名解析、证书、反向代理和防火墙把这个地址转到它的公网端口;用 --callback-url 指明公网地址。',
      en: 'Does the server run, and do DNS, certificate, proxy and firewall lead this address to its public port? --callback-url names the public address.',
    });
  }
  if (wrong.status === 200) {
    return fail(`${address} answers HTTP 200 to a wrong signature: this is not the server of this program`, {
      zh: '这个地址由别的程序应答(不校验签名):请核对反向代理的转发目标。',
      en: 'Another program answers there and checks no signature: look at where the proxy leads.',
    });
  }
  if (right.status === 200 && right.body === right.echostr)
    return ok(`${address} echoes, and refuses a wrong signature`);
  if (right.status === 403) {
    return fail(`${address} refuses the account's own Token`, {
      zh: 'server 使用的 Token 与这里的账号配置不同:改过账号配置请重启 server;并与微信后台「消息推送」里的 Token 核对。',
      en: 'The server has another Token than the accounts here: after a change start it again, and compare with the Token in the WeChat console.',
    });
  }
  if (right.status === 404) {
    return fail(`${address} is not known to the server`, {
      zh: 'server 不认识这个账号:改过账号配置请重启 server,并核对反向代理是否保留了路径。',
      en: 'The server does not know this account: start it again after a change, and see that the proxy keeps the path.',
    });
  }
  return warn(`${address} answers HTTP ${right.status} instead of the echo`, {
    zh: '请检查反向代理(是否改写路径、跳转或拦截)。',
    en: 'Look at the proxy: does it rewrite, redirect or block?',
  });
}
