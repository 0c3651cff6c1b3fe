/** Checks of Temporal: reachable and new enough, the namespace, its search attributes, and who takes work. */
import { SearchAttributesMissingError } from '../../client/index.ts';
import { searchAttributeTypes } from '../../contract/search-attributes.ts';
import { counted } from '../output.ts';
import { type Check, fail, NotToBeHad, type Outcome, ok, skipped, warn } from './finding.ts';
import type { Installation } from './installation.ts';
import { hostOf, type Poller, worldOf } from './pollers.ts';

/** Updates and what they promise at the end of a workflow (L15) are as this program needs them from here on. */
const oldestServer = '1.28.0';
/** What the tests run against. */
const testedServer = '1.32.0';
/** A worker asks again within a minute, also when there is nothing to do. */
const pollerStaleMs = 120_000;
/** Temporal's numbers of the types of search attributes. */
const typeNames = ['Unspecified', 'Text', 'Keyword', 'Int', 'Double', 'Bool', 'Datetime', 'KeywordList'];
const grpcNotFound = 5;
const grpcUnimplemented = 12;
const grpcPermissionDenied = 7;

export const temporalChecks: readonly Check<Installation>[] = [
  { name: 'temporal', run: reached },
  { name: 'namespace', run: namespaceKnown },
  { name: 'search-attributes', run: searchAttributesThere },
  { name: 'worker', run: workersPolling },
];

async function reached(installation: Installation): Promise<Outcome> {
  const { address, namespace } = installation.temporalSettings;
  let version: string;
  try {
    const { connection } = await installation.temporal();
    version = (await connection.workflowService.getSystemInfo({})).serverVersion ?? '';
  } catch (error) {
    const cause = error instanceof NotToBeHad ? error.cause : error;
    return fail(cause instanceof Error ? cause.message.replace(/\.$/, '') : `Temporal at ${address} can't be used`, {
      zh: `请启动 Temporal(本机试用:npm run dev),或用 TEMPORAL_ADDRESS(现为 ${address})指向正在运行的服务;TLS 和 API Key 由 TEMPORAL_TLS_*、TEMPORAL_API_KEY 设置。`,
      en: `Start Temporal (to try it here: npm run dev), or let TEMPORAL_ADDRESS (now ${address}) name the server that runs; TLS and keys are TEMPORAL_TLS_* and TEMPORAL_API_KEY.`,
    });
  }
  const said = `server ${version} at ${address}, namespace ${namespace}`;
  if (isOlder(version, oldestServer)) {
    return fail(`${said}: too old, ${oldestServer} is needed`, {
      zh: `请把 Temporal 服务升级到 ${testedServer} 或更新版本。`,
      en: `Upgrade the Temporal server to ${testedServer} or later.`,
    });
  }
  if (isOlder(version, testedServer)) {
    return warn(`${said}: older than the ${testedServer} that this program is tested with`, {
      zh: `建议升级到 ${testedServer} 或更新版本。`,
      en: `Upgrade to ${testedServer} or later when you can.`,
    });
  }
  return ok(said);
}

/** By the numbers alone; a version that has none is taken as new. */
export function isOlder(version: string, than: string): boolean {
  const numbers = (text: string): number[] => (/^\D*(\d+(?:\.\d+)*)/.exec(text)?.[1] ?? '').split('.').map(Number);
  const [ours, theirs] = [numbers(version), numbers(than)];
  if (ours[0] === 0 || ours.some(Number.isNaN)) return false;
  for (const [index, wanted] of theirs.entries()) {
    const have = ours[index] ?? 0;
    if (have !== wanted) return have < wanted;
  }
  return false;
}

async function namespaceKnown(installation: Installation): Promise<Outcome> {
  const { address, namespace } = installation.temporalSettings;
  const { connection } = await installation.temporal();
  try {
    const { config } = await connection.workflowService.describeNamespace({ namespace });
    const seconds = Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0);
    return ok(
      seconds > 0
        ? `${namespace} keeps closed cases for ${counted(Math.round(seconds / 8640) / 10, 'day')}`
        : `${namespace} is there`,
    );
  } catch (error) {
    if (codeOf(error) !== grpcNotFound) throw error;
    const command = `temporal operator namespace create --address ${address} --namespace ${namespace} --retention 30d`;
    return fail(`there is no namespace ${namespace}`, {
      zh: `请改正 TEMPORAL_NAMESPACE,或创建它:${command}`,
      en: `Correct TEMPORAL_NAMESPACE, or make it: ${command}`,
    });
  }
}

async function searchAttributesThere(installation: Installation): Promise<Outcome> {
  const { address, namespace } = installation.temporalSettings;
  const { connection } = await installation.temporal();
  let known: Record<string, number>;
  try {
    const answer = await connection.operatorService.listSearchAttributes({ namespace });
    known = (answer.customAttributes ?? {}) as Record<string, number>;
  } catch (error) {
    const code = codeOf(error);
    if (code === grpcNotFound) throw new NotToBeHad(`there is no namespace ${namespace}`);
    // A hosted Temporal keeps its operator calls to itself.
    if (code === grpcUnimplemented || code === grpcPermissionDenied)
      return skipped('the server does not tell its search attributes to this client');
    throw error;
  }
  const wrong = Object.entries(searchAttributeTypes).filter(
    ([name, type]) => known[name] !== undefined && typeNames[known[name]] !== type,
  );
  if (wrong.length > 0) {
    const named = wrong.map(([name, type]) => `${name} is ${typeNames[known[name] ?? 0] ?? '?'} and must be ${type}`);
    const commands = wrong.map(
      ([name, type]) =>
        `temporal operator search-attribute remove --address ${address} --namespace ${namespace} --name ${name} --yes && temporal operator search-attribute create --address ${address} --namespace ${namespace} --name ${name} --type ${type}`,
    );
    return fail(`in ${namespace} ${named.join('; ')}`, {
      zh: `类型不对:没有其他程序使用时,请删除后重建:${commands.join(' ; ')}`,
      en: `Where no other program uses them, remove and make them anew: ${commands.join(' ; ')}`,
    });
  }
  const missing = Object.fromEntries(
    Object.entries(searchAttributeTypes).filter(([name]) => known[name] === undefined),
  );
  if (Object.keys(missing).length > 0) {
    const { message, command } = new SearchAttributesMissingError(missing, namespace, address);
    return fail(message.replace(/\.$/, ''), { zh: `请运行:${command}`, en: `Run: ${command}` });
  }
  return ok(`${Object.keys(searchAttributeTypes).length} of ${namespace}, with the right types`);
}

async function workersPolling(installation: Installation): Promise<Outcome> {
  const { taskQueue } = installation.config;
  const pollers = await installation.pollers();
  const recent = pollers.filter(({ lastSeenAt }) => installation.now() - lastSeenAt < pollerStaleMs);
  const missing = (['workflow', 'activity'] as const).filter((kind) => !recent.some((one) => one.kind === kind));
  const advice = {
    zh: `请启动 worker(wxq worker),并确认它与这里的 TEMPORAL_ADDRESS、TEMPORAL_NAMESPACE、WXQ_TASK_QUEUE(${taskQueue})一致;没有 worker 时案件不会前进。`,
    en: `Start a worker (wxq worker) with the TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE and WXQ_TASK_QUEUE (${taskQueue}) of this command: without one no case moves.`,
  };
  if (recent.length === 0) {
    const last = pollers.length === 0 ? '' : `; the last call was ${agoOf(installation.now(), pollers)}`;
    return fail(`nobody takes work from ${taskQueue}${last}`, advice);
  }
  if (missing.length > 0) return fail(`nobody takes ${missing.join(' or ')} tasks from ${taskQueue}`, advice);
  const worlds = new Set(recent.flatMap(({ identity }) => worldOf(identity) ?? []));
  const names = [...new Set(recent.map(({ identity }) => identity))].sort();
  const hosts = new Set(names.map(hostOf)).size;
  const shown = names.length > 5 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', ');
  if (worlds.size > 1)
    return fail(`workers of ${taskQueue} call the real WeChat, and others a sandbox: ${shown}`, {
      zh: '同一任务队列中既有真实微信的 worker 又有沙箱的 worker,案件会落到任意一边:请停掉其中一种,或为其设置另一个 WXQ_TASK_QUEUE。',
      en: 'A case is carried out by either of them. Stop one kind, or give it another WXQ_TASK_QUEUE.',
    });
  return ok(`${names.length} on ${hosts === 1 ? '1 host' : `${hosts} hosts`} for ${taskQueue}: ${shown}`);
}

function agoOf(now: number, pollers: readonly Poller[]): string {
  const latest = Math.max(...pollers.map(({ lastSeenAt }) => lastSeenAt));
  return `${Math.round((now - latest) / 1000)} s ago`;
}

function codeOf(error: unknown): number | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && typeof cause.code === 'number') return cause.code;
  }
  return undefined;
}
