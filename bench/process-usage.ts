/** What a process has used so far, from Linux's /proc: CPU time, memory, CPU time by thread. */
import { readdirSync, readFileSync } from 'node:fs';

/** /proc counts in ticks of 1/100 s on every Linux that Node.js runs on. */
const tickMs = 10;

/** CPU milliseconds (user and system, all threads) that a process has used since its start; 0 for one that is gone. */
export function cpuMsOf(pid: number | undefined): number {
  return pid === undefined ? 0 : ticksIn(`/proc/${pid}/stat`) * tickMs;
}

/** Resident memory in KB; 0 for a process that is gone. */
export function residentKbOf(pid: number | undefined): number {
  const text = pid === undefined ? '' : textOf(`/proc/${pid}/status`);
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(text)?.[1] ?? 0);
}

/** CPU milliseconds by thread name; numbers at the end of a name are dropped, so that a pool is one entry. */
export function threadCpuMsOf(pid: number): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const thread of threadsOf(pid)) {
    const folder = `/proc/${pid}/task/${thread}`;
    // The first thread is the one that runs JavaScript.
    const comm = textOf(`${folder}/comm`).trim();
    const name = Number(thread) === pid ? 'main' : comm.replace(/[-:]?\d+$/, '');
    sums[name] = (sums[name] ?? 0) + ticksIn(`${folder}/stat`) * tickMs;
  }
  return sums;
}

/** What the whole machine has been busy with, in CPU milliseconds since boot; `stolen` by the hypervisor. */
export function machineCpuMs(): { busy: number; stolen: number } {
  const fields = /^cpu +(.*)$/m.exec(textOf('/proc/stat'))?.[1]?.split(' ').map(Number) ?? [];
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = fields;
  return { busy: (user + nice + system + irq + softirq) * tickMs, stolen: steal * tickMs };
}

/** utime + stime; the name before them may hold blanks and brackets. */
function ticksIn(path: string): number {
  const text = textOf(path);
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
}

function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
