/** Checks of what is set: the variables, which WeChat they lead to, the accounts, and the versions that run. */
import { createRequire } from 'node:module';
import { isLive } from '../../runtime/config.ts';
import { sealedHeads } from '../../store/resealing.ts';
import { createSecretBox, type SecretBox, SecretError } from '../../store/secrets.ts';
import { redact } from '../../wechat/index.ts';
import { type Check, fail, type Outcome, ok, skipped, warn } from './finding.ts';
import type { Installation } from './installation.ts';
import { isOlder } from './temporal-checks.ts';

export const settingsChecks: readonly Check<Installation>[] = [
  { name: 'versions', run: async () => versions(process.version) },
  { name: 'settings', run: settings },
  { name: 'target', run: target },
  { name: 'secret-key', run: secretKey },
  { name: 'accounts', run: accounts },
];

const oldestNode = '20.19.0';

/** Of Node.js, this package and Temporal's SDK. */
export function versions(node: string): Outcome {
  const load = createRequire(import.meta.url);
  const versionOf = (name: string): string => (load(`${name}/package.json`) as { version: string }).version;
  const said = `wechat-qualification ${versionOf('wechat-qualification')}, Node.js ${node}, Temporal SDK ${versionOf('@temporalio/client')}`;
  if (!isOlder(node, oldestNode)) return ok(said);
  return fail(`${said}: Node.js ${oldestNode} is needed`, {
    zh: `请升级 Node.js 到 ${oldestNode} 或更新版本。`,
    en: `Upgrade Node.js to ${oldestNode} or later.`,
  });
}

async function settings({ configProblems, config }: Installation): Promise<Outcome[]> {
  const advice = {
    zh: '请改正这个环境变量(含义见 docs/configuration.md 和 .env.example),并重启所有进程。',
    en: 'Correct this variable (docs/configuration.md and .env.example say what it takes), and start every process again.',
  };
  if (configProblems.length > 0) return configProblems.map((problem) => fail(problem, advice));
  if (config.mode === 'observe') {
    return [
      warn('WXQ_MODE is observe: nothing is submitted to WeChat', {
        zh: '要真正提交,请取消 WXQ_MODE=observe 并重启 worker。',
        en: 'To submit, unset WXQ_MODE=observe and start the workers again.',
      }),
    ];
  }
  return [ok(`all can be used; task queue ${config.taskQueue}, data folder ${config.dataDir}`)];
}

/** Said first and in words: a submission to the real WeChat can't be taken back. */
async function target({ config, aimFrom }: Installation): Promise<Outcome> {
  const { wechatBaseUrl, dataDir } = config;
  if (aimFrom === 'unknown')
    return warn(
      `not known: nothing is set here, and the server of ${dataDir}, whose WeChat is meant, does not answer`,
      {
        zh: '请先启动它(wxq dev 或 wxq server)再运行一次;或设置 WXQ_WECHAT_BASE_URL、WXQ_ACCOUNTS_FILE。',
        en: 'Start it (wxq dev, wxq server) and run this again; or set WXQ_WECHAT_BASE_URL, WXQ_ACCOUNTS_FILE.',
      },
    );
  const whose = aimFrom === 'server' ? `, as the server of ${dataDir} says` : '';
  if (isLive({ wechatBaseUrl })) return ok(`LIVE: the real WeChat (${wechatBaseUrl})${whose}; submissions count`);
  return warn(`SANDBOX: ${wechatBaseUrl} is not the real WeChat${whose}; nothing here reaches it`, {
    zh: '正式环境请取消 WXQ_WECHAT_BASE_URL,并且不用 wxq dev。',
    en: 'In production, unset WXQ_WECHAT_BASE_URL, and do not use wxq dev.',
  });
}

async function secretKey({ config, database }: Installation): Promise<Outcome> {
  if (config.secretKey === undefined) return ok('the key of the data folder is used; with PostgreSQL WXQ_SECRET_KEY');
  let secrets: SecretBox;
  try {
    secrets = createSecretBox(config.secretKey);
  } catch (error) {
    if (!(error instanceof SecretError)) throw error;
    return fail(error.message, {
      zh: '请运行 `openssl rand -base64 32` 生成密钥并写入 WXQ_SECRET_KEY,所有进程用同一个值。',
      en: 'Make one with `openssl rand -base64 32`, and give every process the same WXQ_SECRET_KEY.',
    });
  }
  const count = config.secretKey.split(',').filter((key) => key.trim() !== '').length;
  const said = count === 1 ? 'one key' : `${count} keys: the first seals, all open`;
  let heads: Awaited<ReturnType<typeof sealedHeads>>;
  try {
    heads = await sealedHeads(await database());
  } catch {
    // A database that is away, or whose tables are behind, is told by the check that is about it.
    return ok(`${said}; what the database holds under them was not looked at`);
  }
  const under = (is: (head: string) => boolean): string =>
    [...heads]
      .filter(([head]) => is(head))
      .map(([head, tables]) => `${head.split('.')[1]} (${tables.join(', ')})`)
      .join(', ');
  const gone = under((head) => !secrets.opens(head));
  if (gone !== '') {
    return fail(`${said}, but the database holds what was sealed with a key that is not among them: ${gone}`, {
      zh: '请把旧密钥用逗号接在 WXQ_SECRET_KEY 的新密钥之后,重启所有进程;本项变为 ok 之前不要去掉旧密钥。',
      en: 'Put the older key last in WXQ_SECRET_KEY, with a comma before it, and start every process again; do not take it away before this is ok.',
    });
  }
  const older = under((head) => !secrets.isCurrent(head));
  if (older === '') return ok(said);
  return warn(`${said}; the database still holds what is sealed with an older one: ${older}`, {
    zh: '请用新旧两个密钥重启所有进程(启动时会重新加密);本项变为 ok 之前不要去掉旧密钥。',
    en: 'Start every process again with both keys (each seals anew at its start); do not take the older one away before this is ok.',
  });
}

async function accounts(installation: Installation): Promise<Outcome[]> {
  const { accounts: known, problem, unread } = await installation.accounts();
  const { accountsFile = '' } = installation.config;
  const found = (problem?.findings ?? []).map((finding) =>
    fail(`${finding.path === '' ? '' : `${finding.path}: `}${finding.problem}`, {
      zh: `请改正账号文件 ${accountsFile} 中的这一处。`,
      en: `Correct it in the accounts file ${accountsFile}.`,
    }),
  );
  if (unread !== undefined) found.push(skipped(`those of the database could not be read: ${redact(unread)}`));
  const { shops, platforms } = known;
  if (shops.length + platforms.length > 0) {
    found.push(ok(`${shops.length} of their own, ${platforms.length} third-party platforms`));
  } else if (problem === undefined) {
    found.push(
      fail('no account is known', {
        zh: '请设置 WXQ_ACCOUNTS_FILE(格式见 docs/configuration.md),或用 wxq accounts set FILE 写入数据库。',
        en: 'Set WXQ_ACCOUNTS_FILE (docs/configuration.md says what it holds), or write them into the database: wxq accounts set FILE.',
      }),
    );
  }
  return found;
}
