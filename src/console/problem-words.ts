/** The API's problems for a person who reads Chinese: what happened, and what to do. Kinds that no page meets keep their English. */
import type { ProblemKind } from '../api/problem.ts';

interface Said {
  title: string;
  advice: string;
}

const chinese: Partial<Record<ProblemKind, Said>> = {
  'no-such-case': {
    title: '没有这个流程',
    advice: '请从「等你处理」或「全部」打开；太久以前的流程 Temporal 已不再保留。',
  },
  'no-such-notification': { title: '没有这条通知', advice: '通知随流程一起保留，到期后删除。' },
  'case-running': {
    title: '该账号的这个类目已有内容不同的流程在进行',
    advice: '请在那个流程里补正材料，或先撤回它。未做任何改动。',
  },
  'case-refused': { title: '流程在当前状态下不接受这个操作', advice: '请重新打开流程页面，看现在可以做什么。' },
  'case-closed': { title: '流程已结束', advice: '结束的流程不能再修改；需要时请新建。' },
  'no-result': { title: '流程没有结果就结束了', advice: '请让技术人员在 Temporal 中查看原因。' },
  'rules-refused': {
    title: '微信不向该账号提供类目规则',
    advice: '请让技术人员核对账号的 appid、secret 和权限（wxq doctor）。',
  },
  'rules-unavailable': { title: '现在读不到类目规则', advice: '微信或网络没有应答。请稍后再试。' },
  'check-failed': { title: '检查没有完成', advice: '请稍后再试；一直如此请找技术人员。' },
  'no-worker': {
    title: '没有 worker 应答',
    advice: '请让技术人员检查 worker 是否在运行（wxq doctor），然后再试。操作可能在恢复后仍被执行。',
  },
  'temporal-away': { title: '连接不上 Temporal', advice: '请让技术人员检查 Temporal 服务，恢复后再试。' },
  'not-set-up': { title: 'Temporal 尚未为本系统设置好', advice: '请让技术人员启动一次 worker，或运行 wxq doctor。' },
  'store-away': { title: '服务器的存储暂不可用', advice: '请稍后再试；一直如此请让技术人员检查数据库和图片存储。' },
  stopping: { title: '服务器正在停止', advice: '请稍后再试。' },
};

/** @param type of a problem: its kind stands behind the last colon. */
export function problemInChinese(type: string): Said | undefined {
  const kind = type.split(':').at(-1) ?? '';
  return Object.hasOwn(chinese, kind) ? chinese[kind as ProblemKind] : undefined;
}
