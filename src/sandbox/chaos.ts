/** Deliberate trouble: which rule meets a call, and what happens to a push. */
import type { World } from './world.ts';

/** One rule; it meets the next `times` calls of `operation` (default 1). At most one fault, which `delayMs` may precede. */
export interface ChaosRule {
  /** The last two segments of the path, or `*` for every call of WeChat's API. */
  operation: string;
  appId?: string;
  categoryId?: string;
  times: number;
  delayMs?: number;
  /** Answered without effect. */
  errcode?: number;
  /** An HTTP status with a body that is no JSON, without effect. */
  status?: number;
  /** The connection is reset before any effect. */
  reset?: true;
  /** The call takes effect; then the connection is cut. */
  loseAnswer?: true;
}

/** What happens to pushes: `true` = to every one, a number = to the next n. */
export interface PushChaos {
  lose?: boolean | number;
  duplicate?: boolean | number;
  delaySeconds?: number;
  /** Held until the next push has gone out (1 s at most), so that they arrive in the wrong order. */
  shuffle?: boolean | number;
  /** Preceded by one that claims the opposite verdict under a wrong signature. */
  forge?: boolean | number;
}

export interface ChaosTarget {
  operation: string;
  appId: string | null;
  categoryIds: string[];
}

/** Takes the first rule that meets the call, and counts it down. */
export function takeChaosRule(world: World, target: ChaosTarget, isWeChatCall = true): ChaosRule | undefined {
  const { rules } = world.state.chaos;
  const found = rules.find(
    (rule) =>
      (rule.operation === target.operation || (rule.operation === '*' && isWeChatCall)) &&
      (rule.appId === undefined || rule.appId === target.appId) &&
      (rule.categoryId === undefined || target.categoryIds.includes(rule.categoryId)),
  );
  if (found === undefined) return undefined;
  const taken = { ...found };
  found.times -= 1;
  if (found.times <= 0) rules.splice(rules.indexOf(found), 1);
  world.changed();
  return taken;
}

/** Gives one use of a rule back: it did not come to its fault. */
export function returnChaosRule(world: World, taken: ChaosRule): void {
  const { rules } = world.state.chaos;
  const { times: _before, ...fault } = taken;
  const left = rules.find(({ times: _left, ...rule }) => JSON.stringify(rule) === JSON.stringify(fault));
  if (left === undefined) rules.unshift({ ...taken, times: 1 });
  else left.times += 1;
  world.changed();
}

/** Whether this push is met by the fault; a count is counted down. */
export function takePushChaos(world: World, fault: 'lose' | 'duplicate' | 'shuffle' | 'forge'): boolean {
  const setting = world.state.chaos.push[fault];
  if (setting === undefined || setting === false || setting === 0) return false;
  if (typeof setting === 'number') {
    world.state.chaos.push[fault] = setting - 1;
    world.changed();
  }
  return true;
}
