/** `wxq watch`: what is told of a case and of the list, what happens while Temporal is away, and how it ends. */
import { describe, expect, it } from 'vitest';
import { createOutput } from '../../src/cli/output.ts';
import { momentsOf } from '../../src/cli/watch/case-moments.ts';
import type { CaseSource } from '../../src/cli/watch/case-source.ts';
import { createCaseLook } from '../../src/cli/watch/follow-case.ts';
import { untilFound } from '../../src/cli/watch/patience.ts';
import type { CaseStory } from '../../src/client/case-story.ts';
import {
  CaseFailedError,
  type CaseRow,
  type CaseView,
  NoWorkerError,
  type QualificationResult,
  TemporalUnreachableError,
} from '../../src/index.ts';
import { run, scriptedClient, someView, type Terminal } from './run.ts';

const id = 'channels-shop/wx5a2d8f1c3b7e9046/6201';
const at = (minute: number) => `2026-01-01T00:${String(minute).padStart(2, '0')}:00.000Z`;
const approved: QualificationResult = { outcome: 'approved', attempts: [{ number: 1 }] };
const story = (changes: Partial<CaseStory> = {}): CaseStory => ({
  startedAt: at(0),
  runId: 'r',
  startInput: { requestedBy: 'alice' } as CaseStory['startInput'],
  input: {} as CaseStory['input'],
  messages: [],
  isContinued: false,
  ...changes,
});
const rejected = someView({
  since: at(5),
  attempts: [
    {
      number: 1,
      auditId: '77',
      submittedAt: at(2),
      verdict: 'rejected',
      reason: '执照不清晰',
      decidedAt: at(5),
      foundBy: 'push',
    },
  ],
  material: [1, 2].map((n) => ({ path: `certificate/${n}`, uploadedAt: at(1) })),
});

describe('the moments of a case', () => {
  it('are in the order of time, with who and why, and end with where it stands', () => {
    const messages: CaseStory['messages'] = [
      {
        at: at(6),
        action: 'resubmit',
        by: 'bob',
        note: '更清晰',
        set: { 'certificates/%E8%AF%81/images/0': '/a.png' },
      },
    ];
    const told = momentsOf(rejected, story({ messages })).map(
      ({ at, by = '', text }) => `${at.slice(14, 16)} ${by} ${text}`,
    );
    expect(told).toEqual([
      '00 alice started',
      '01  2 images on the way to WeChat',
      '02  attempt 1 submitted: audit 77',
      '05  attempt 1 rejected: 执照不清晰 (by push)',
      '05  needs_material  (waits for material; can do: resubmit, withdraw)',
      '06 bob resubmit  certificates/证/images/0  "更清晰"',
    ]);
  });

  it('say why a case is blocked and what leads out', () => {
    const blocked = { during: 'submit', reason: 'ip not in whitelist', errcode: '40164', advice: 'Add it.' } as const;
    const last = momentsOf(someView({ status: 'blocked', blocked, since: at(9) }), story()).at(-1);
    expect(last?.text).toContain('blocked: ip not in whitelist (errcode 40164). Add it.');
  });
});

describe('looking at a case', () => {
  const scripted = (changes: Partial<CaseSource> = {}) => {
    const asked: string[] = [];
    const told: string[] = [];
    let mark = 'first';
    const source: CaseSource = {
      mark: async () => mark,
      view: async () => {
        asked.push('view');
        return rejected;
      },
      story: async () => story(),
      result: async () => undefined,
      ...changes,
    };
    const look = createCaseLook({
      source,
      tell: async (moments) => void told.push(...moments.map(({ text }) => text)),
    });
    return { look, asked, told, happen: (what: string) => (mark = what) };
  };

  it('asks no worker again before something has happened, and tells nothing twice', async () => {
    const { look, asked, told, happen } = scripted();
    await look();
    const first = told.length;
    expect(first).toBeGreaterThan(3);
    await look();
    expect(asked).toEqual(['view']);
    happen('second');
    await look();
    expect([asked.length, told.length]).toEqual([2, first]);
  });

  it('an audit id that becomes known after the submission does not tell the submission again', async () => {
    let view: CaseView = someView({
      status: 'submitting',
      since: at(1),
      attempts: [{ number: 1, submittedAt: at(2) }],
    });
    const { look, told, happen } = scripted({ view: async () => view });
    await look();
    view = someView({
      status: 'in_review',
      since: at(2),
      attempts: [{ number: 1, submittedAt: at(2), auditId: '77' }],
    });
    happen('second');
    await look();
    expect(told.filter((text) => text.includes('attempt 1 submitted'))).toHaveLength(1);
    expect(told.at(-1)).toContain('in_review');
  });

  it('images that a correction leaves as they are do not tell their upload again', async () => {
    let view: CaseView = rejected;
    const { look, told, happen } = scripted({ view: async () => view });
    await look();
    view = { ...rejected, material: rejected.material.slice(1) };
    happen('second');
    await look();
    expect(told.filter((text) => text.includes('on the way'))).toEqual(['2 images on the way to WeChat']);
  });

  it('a case that has ended gives its result also where no worker is left to show the rest', async () => {
    const { look } = scripted({
      result: async () => approved,
      view: async () => Promise.reject(new NoWorkerError('q', 10)),
    });
    expect(await look()).toEqual(approved);
  });

  it('what a worker did not answer is asked again', async () => {
    let isAway = true;
    const { look, told } = scripted({
      view: async () => (isAway ? Promise.reject(new NoWorkerError('q', 10)) : rejected),
    });
    await expect(look()).rejects.toThrow(NoWorkerError);
    isAway = false;
    await look();
    expect(told.length).toBeGreaterThan(3);
  });
});

describe('patience', () => {
  const patience = () => {
    const stderr: string[] = [];
    const pauses: number[] = [];
    const out = createOutput({ stdout: { write: () => {} }, stderr: { write: (text) => stderr.push(text) } }, false);
    const stop = new AbortController();
    const sleep = async (ms: number) => void pauses.push(ms);
    return { stderr, pauses, stop, how: { everyMs: 2_000, signal: stop.signal, sleep, out } };
  };

  it('Temporal that is away is said once, tried again more slowly, and said when it is back', async () => {
    const { stderr, pauses, how } = patience();
    let looks = 0;
    const found = await untilFound(async () => {
      looks += 1;
      if (looks <= 6) throw new TemporalUnreachableError('localhost:7233', 'there is no connection');
      return looks === 8 ? 'found' : undefined;
    }, how);
    expect(found).toBe('found');
    expect(stderr.map((line) => line.trim())).toEqual([
      expect.stringContaining('localhost:7233'),
      'wxq: answers again',
    ]);
    expect(pauses).toEqual([4_000, 8_000, 16_000, 30_000, 30_000, 30_000, 2_000]);
  });

  it('another error ends it, and Ctrl-C ends it without one, also in the middle of a look', async () => {
    const { how, stop } = patience();
    await expect(untilFound(async () => Promise.reject(new CaseFailedError(id, 'a bug')), how)).rejects.toThrow(
      'a bug',
    );
    const cut = untilFound(async () => {
      stop.abort();
      throw new Error('the connection was closed');
    }, how);
    expect(await cut).toBeUndefined();
  });
});

describe('the list of open cases', () => {
  const row = (leaf: string, changes: Partial<CaseRow> = {}): CaseRow => ({
    workflowId: `channels-shop/wx5a2d8f1c3b7e9046/${leaf}`,
    platform: 'channels-shop',
    appId: 'wx5a2d8f1c3b7e9046',
    categoryId: leaf,
    status: 'in_review',
    attempt: 1,
    startedAt: at(0),
    runId: `run-${leaf}`,
    execution: 'running',
    ...changes,
  });
  const ended = row('1', { status: 'approved', execution: 'completed', closedAt: at(9) });
  /** The first look finds two cases, the second one that moved; the other one has been approved. Then Ctrl-C. */
  const watch = async (argv: string[], terminal?: Terminal) => {
    const looks = [[row('1'), row('2')], [row('2', { status: 'needs_material' })]];
    const stop = new AbortController();
    const client = scriptedClient({
      list: (filter) => {
        if (filter?.execution !== 'running') return [ended];
        const next = looks.shift();
        if (next !== undefined) return next;
        stop.abort();
        return [];
      },
    });
    return run(['watch', ...argv], {
      connect: client.connect,
      env: { TZ: 'Asia/Shanghai' },
      interruption: () => ({ signal: stop.signal, forget: () => {} }),
      ...(terminal === undefined ? {} : { terminal }),
    });
  };

  it('with --json is an object per change, with what became of those that are gone, and ends with status 0', async () => {
    const done = await watch(['--json']);
    expect(done).toMatchObject({ status: 0, stderr: '' });
    expect(done.lines().slice(0, 4)).toMatchObject([
      { change: 'open', categoryId: '1', status: 'in_review' },
      { change: 'open', categoryId: '2' },
      { change: 'changed', categoryId: '2', status: 'needs_material' },
      { change: 'closed', categoryId: '1', status: 'approved', closedAt: at(9) },
    ]);
  });

  it('in a pipe is a line with tabs per change, in UTC and without colours', async () => {
    const { stdout } = await watch([]);
    expect(stdout.split('\n').slice(0, 1)).toEqual([`open\t${id.replace('6201', '1')}\tin_review\t1\t${at(0)}\t\t`]);
    expect(stdout).not.toContain('\x1b');
  });

  it('on a terminal is drawn anew in place, in the zone of the reader, no line too long', async () => {
    const { stdout } = await watch([], { isTTY: true, columns: 80, rows: 20 });
    expect(stdout.split('\x1b[H').length - 1).toBeGreaterThanOrEqual(2);
    expect(stdout).toContain('2026-01-01 08:00');
    expect(stdout).toContain('approved');
  });

  it('takes no filter together with an id', async () => {
    const client = scriptedClient({});
    expect(await run(['watch', id, '--status', 'blocked'], client)).toMatchObject({ status: 2 });
  });
});
