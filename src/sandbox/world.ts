/** One sandbox's inside, handed to every part of it: the state, its clock, and how a change is made durable. */
import { randomBytes } from 'node:crypto';
import type { SandboxState } from './state.ts';

/** What an observer hears. Never a token, a secret or image bytes. */
export type SandboxEvent =
  | { kind: 'request'; operation: string; appId: string | null; errcode: number | null; status: number }
  | { kind: 'audit'; id: string; appId: string; categoryId: string; status: string }
  | { kind: 'push'; appId: string; event: string; result: string };

export interface World {
  state: SandboxState;
  /** Milliseconds of the sandbox clock: real time plus what was advanced. */
  now(): number;
  /** The state changed: it is written within 50 ms, and timers are looked at again. */
  changed(): void;
  /** Resolves when every change so far is on disk. */
  settled(): Promise<void>;
  emit(event: SandboxEvent): void;
}

/** Unix seconds of the sandbox clock, as WeChat's answers carry them. */
export function seconds(world: World): number {
  return Math.floor(world.now() / 1000);
}

/** An opaque id of WeChat's look: letters and digits. */
export function opaqueId(prefix: string, bytes: number): string {
  return `${prefix}${randomBytes(bytes).toString('base64url').replaceAll('-', 'a').replaceAll('_', 'b')}`;
}

/** The day in Beijing, where WeChat's days and months turn: `2026-11-25`. */
export function beijingDay(world: World): string {
  return new Date(world.now() + 8 * 3_600_000).toISOString().slice(0, 10);
}

/** The month in Beijing: `2026-11`. */
export function beijingMonth(world: World): string {
  return beijingDay(world).slice(0, 7);
}
