/** What the demo says of a case that does not end as it should: played against a real server, sandbox and worker. */
import { describe } from 'vitest';
import type { DemoCase } from '../../src/cli/demo/case-play.ts';
import { shopCase } from '../../src/cli/demo/case-script.ts';
import { demoTable, isApproved } from '../../src/cli/demo/demo-report.ts';
import { type CaseReport, runDemoCases } from '../../src/cli/demo/demo-run.ts';
import { businessLicence, shopCategory } from '../../src/cli/demo/shop-material.ts';
import { expect, type Stage, test } from '../stage.ts';

const broken = (play: DemoCase['play']): DemoCase =>
  shopCase({
    name: 'shop-broken',
    about: 'it does not end as it should',
    input: {
      category: { catsV2: shopCategory(0).catsV2 },
      material: { form: 'licenses', licenses: [businessLicence(shopCategory(0), ['business-licence.png'])] },
    },
    play,
  });

async function played(stage: Stage, demoCase: DemoCase, caseLimitMs = 30_000): Promise<CaseReport> {
  const worker = { pid: undefined, start: async () => {}, kill: async () => 0 };
  const { sandbox, client } = stage;
  const [report] = await runDemoCases({
    cases: [demoCase],
    accountOf: () => ({ appId: stage.appId }),
    stack: { sandbox, worker, uiUrl: 'http://127.0.0.1:8233', temporal: { namespace: 'default' } },
    client,
    say: () => {},
    signal: new AbortController().signal,
    caseLimitMs,
  });
  if (report === undefined) throw new Error('nothing was reported');
  stage.started.add(report.workflowId);
  return report;
}

describe('a demo case that does not end as it should', () => {
  test('is told with its status and what it waits for when its time is over', async ({ stage }) => {
    const report = await played(
      stage,
      broken((play) => play.start()),
      3_000,
    );
    stage.leftOpen.set(report.workflowId, 'nobody decides it');
    // How far it has come by then is the machine's business; what is said has to be where it is.
    const waitsFor = { preparing: 'upload', submitting: 'answer', in_review: 'audit' };
    expect(report).toMatchObject({ outcome: expect.stringMatching(/^(preparing|submitting|in_review)$/), by: null });
    const waits = waitsFor[report.outcome as keyof typeof waitsFor];
    expect(report.ending).toBe(`NOT ENDED: it did not end within 3 s; it is ${report.outcome}, waiting for: ${waits}`);
    expect(isApproved(report)).toBe(false);
    expect(demoTable([report], 3)).toContain('1 of 1 cases did NOT end approved.');
  });

  test('is told at once, with the reason, when it needs a person whom the play does not send', async ({ stage }) => {
    const report = await played(
      stage,
      broken(async (play) => {
        await play.start();
        await play.auditorSays('rejected', '营业执照不清晰');
        await play.needsMaterial();
        await play.auditorSays('approved');
      }),
    );
    stage.leftOpen.set(report.workflowId, 'nobody corrects it');
    expect(report.outcome).toBe('needs_material');
    expect(report.ending).toContain('营业执照不清晰');
    expect(report.seconds).toBeLessThan(25);
  });

  test('is not taken for approved when it was withdrawn', async ({ stage }) => {
    const report = await played(
      stage,
      broken(async (play) => {
        await play.start();
        await play.auditorSays('cancelled');
      }),
    );
    expect(report).toMatchObject({ outcome: 'withdrawn', by: null });
    expect(isApproved(report)).toBe(false);
  });
});
