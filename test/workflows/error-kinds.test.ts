/** Each kind of error at each step of a case: the status that the case takes, and that it gets out of it. */
import { describe } from 'vitest';
import type { CaseView } from '../../src/contract/qualification.ts';
import { expect, image, type Stage, test } from '../stage.ts';

/** The steps in the order of a case, and the call that each stands or falls with. */
const shopCalls = {
  preflight: 'category/get_category_relation_detail',
  upload: 'qualification/upload',
  submit: 'category/add',
  read: 'category/getbizcatflowdetail',
} as const;
type Step = keyof typeof shopCalls;
const steps = Object.keys(shopCalls) as Step[];

interface Fault {
  errcode?: number;
  status?: number;
}

/**
 * What happens at one step:
 * - `unnoticed`: met once, tried again by itself within `afterSeconds`; the status stays what it was
 * - `blocked`: met until it is mended; shown with its code, and left by itself within `afterSeconds`
 * - `needs_material`: met until it is mended, left by a resubmission
 */
type Course = Fault & { becomes: 'unnoticed' | 'blocked' | 'needs_material'; afterSeconds?: number; says?: string };

/** Carries a shop's case through all its steps, with trouble at those that are given, to its approval. */
async function walk(stage: Stage, courses: Partial<Record<Step, Course>>): Promise<void> {
  const rulesFrom = (first: number) =>
    steps.slice(first).flatMap((step) => {
      const course = courses[step];
      if (course === undefined) return [];
      const { errcode, status, becomes } = course;
      return {
        operation: shopCalls[step],
        times: becomes === 'unnoticed' ? 1 : 1000,
        ...(errcode === undefined ? {} : { errcode }),
        ...(status === undefined ? {} : { status }),
      };
    });
  stage.sandbox.setChaos({ rules: rulesFrom(0) });
  const handle = await stage.startShop(stage.shopInput());
  const { workflowId } = handle;
  const seen: string[] = [];
  let attemptsBefore = 0;
  for (const [n, step] of steps.entries()) {
    const course = courses[step];
    if (course === undefined) continue;
    const { errcode, becomes, afterSeconds = 0, says = String(errcode) } = course;
    const calls = () => stage.sandbox.requests(shopCalls[step]).length;
    if (becomes === 'unnoticed') {
      await stage.until(workflowId, () => calls() > 0);
      if (afterSeconds > 0) await stage.advance(workflowId, afterSeconds);
      const view = await stage.until(workflowId, () => calls() > 1);
      expect([view.status, view.blocked?.during], step).not.toEqual(['blocked', step]);
      expect(view.attempts.map(({ source }) => source)).not.toContain('refused');
      continue;
    }
    // A second try of a code that nobody knows is due before the case says anything.
    if (step === 'read' && becomes === 'blocked' && afterSeconds === 0) {
      await stage.until(workflowId, () => calls() > 0);
      await stage.advance(workflowId, 30);
    }
    // Two steps may be blocked, or refused, one right after the other: each has its own place or number.
    const isHere = (now: CaseView): boolean =>
      now.status === becomes &&
      (becomes === 'blocked' ? now.blocked?.during === step : now.attempts.length > attemptsBefore);
    const view = await stage.until(workflowId, isHere);
    attemptsBefore = view.attempts.length;
    seen.push(step);
    stage.sandbox.setChaos({ rules: rulesFrom(n + 1) });
    if (becomes === 'needs_material') {
      expect(view.attempts.at(-1), step).toMatchObject({ source: 'refused', reason: expect.stringContaining(says) });
      expect(view.canDo).toContain('resubmit');
      // The audit itself goes on at WeChat: its verdict is the way out.
      if (step === 'read') continue;
      const other = ['food-permit.jpg', 'business-licence-sharp.jpg', 'icp-filing.png'][n] ?? '';
      await handle.resubmit({ set: { 'licenses/1/2/images/0': image(other) } });
    } else {
      expect(view, step).toMatchObject({ waitingFor: 'unblocking', canDo: expect.arrayContaining(['retry']) });
      expect(view.blocked, step).toMatchObject({ during: step, reason: expect.stringContaining(says) });
      expect(view.blocked?.errcode).toBe(errcode === undefined ? undefined : String(errcode));
      expect(view.blocked?.advice).toMatch(/\p{Script=Han}/u);
      // A blocked reading ends with the verdict.
      if (step === 'read') continue;
      await stage.advance(workflowId, afterSeconds || 400);
    }
    await stage.until(workflowId, (now) => !isHere(now));
  }
  expect(seen).toEqual(steps.filter((step) => (courses[step]?.becomes ?? 'unnoticed') !== 'unnoticed'));
  stage.sandbox.decide(stage.openAudit().id, 'approved');
  expect(await handle.result()).toMatchObject({ outcome: 'approved' });
  expect(stage.sandbox.audits({ appId: stage.appId })).toHaveLength(1);
}

const everywhere = (course: Course): Record<Step, Course> => ({
  preflight: course,
  upload: course,
  submit: course,
  read: course,
});

describe('a kind of error at every step of a case', () => {
  test('L9 retry now: -1 is tried again, at the submission only after WeChat has been read; nobody is asked', async ({
    stage,
  }) => {
    const once = { errcode: -1, becomes: 'unnoticed' } as const;
    await walk(stage, {
      preflight: once,
      upload: once,
      submit: { ...once, afterSeconds: 100 },
      read: { ...once, afterSeconds: 30 },
    });
  });

  test('L9 retry slowly: a minute is waited out, a day’s quota shows as blocked and passes', async ({ stage }) => {
    await walk(stage, {
      preflight: { errcode: 45009, becomes: 'blocked', afterSeconds: 4300 },
      upload: { errcode: 45011, becomes: 'unnoticed', afterSeconds: 90 },
      submit: { errcode: 45009, becomes: 'blocked', afterSeconds: 4300 },
      read: { errcode: 45011, becomes: 'unnoticed', afterSeconds: 90 },
    });
  });

  test('L9 refresh token: a token that is refused after a refresh blocks until it works', async ({ stage }) => {
    await walk(stage, everywhere({ errcode: 40001, becomes: 'blocked' }));
  });

  test('L9 mend the data: material is asked for, and a correction goes on', async ({ stage }) => {
    await walk(stage, {
      preflight: { errcode: 10020063, becomes: 'needs_material' },
      upload: { errcode: 10020060, becomes: 'needs_material' },
      submit: { errcode: 9700234, becomes: 'needs_material' },
      read: { errcode: 10020079, becomes: 'needs_material' },
    });
  });

  test('L9 upload again: the images are sent again once, and nobody is asked', async ({ stage }) => {
    await walk(stage, { submit: { errcode: 10020087, becomes: 'unnoticed' } });
    expect(stage.sandbox.requests(shopCalls.upload)).toHaveLength(2);
  });

  test('L9 needs a person: blocked, and it goes on by itself once the account is mended', async ({ stage }) => {
    await walk(stage, everywhere({ errcode: 48001, becomes: 'blocked' }));
  });

  test('L9 already landed: only the submission takes it for an audit of somebody else', async ({ stage }) => {
    await walk(stage, {
      submit: { errcode: 10020064, becomes: 'blocked', says: 'foreign_audit' },
      read: { errcode: 10020064, becomes: 'unnoticed', afterSeconds: 30 },
    });
  });

  test('L9 bug: blocked with its code, and a mended program goes on', async ({ stage }) => {
    await walk(stage, everywhere({ errcode: 47001, becomes: 'blocked' }));
  });

  test('L9 unknown code: one more try, then blocked with WeChat’s text', async ({ stage }) => {
    await walk(stage, everywhere({ errcode: 7654321, becomes: 'blocked' }));
  });

  test('L9 a 403 without JSON: blocked as a refused IP, and it goes on once the IP is let in', async ({ stage }) => {
    await walk(stage, everywhere({ status: 403, becomes: 'blocked', says: 'allow-list' }));
  });
});
