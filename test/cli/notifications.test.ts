/** `wxq notifications`: what it prints, the status it ends with, and what it tells again. */
import { expect, test } from 'vitest';
import { inRun, type ToldWorld, temporalWithTold, toldCaseId, toldEvent } from '../told-events.ts';
import { run, scriptedClient } from './run.ts';

const receiver = 'webhook:backend.example:0123abcd';
const deliveredAt = '2026-11-25T06:01:01.000Z';
const delivered = { target: receiver, outcome: 'delivered', httpStatus: 204, attempt: 1, deliveredAt } as const;
const events = [
  toldEvent(1, 'case.submitted', delivered),
  toldEvent(2, 'case.rejected', { target: receiver, outcome: 'given_up', reason: 'the receiver answered 500' }),
  toldEvent(3, 'case.submitted', { target: receiver, outcome: 'under_way' }),
];

async function told(argv: string[], known = events, world: ToldWorld = {}) {
  const { temporal, started } = temporalWithTold(known, world);
  const { connect } = scriptedClient({});
  const done = await run(['notifications', ...argv], {
    connect: async (options) => ({ ...(await connect(options)), temporal }),
  });
  return { ...done, started };
}

test('each event with what became of it at each receiver; status 1 while one has not reached everybody', async () => {
  const { status, stdout } = await told([toldCaseId]);
  expect(status).toBe(1);
  expect(stdout).toBe(
    [
      '1  case.submitted  2026-11-25T06:01:00.000Z',
      `    ${receiver}  delivered  204  ${deliveredAt}`,
      '2  case.rejected  2026-11-25T06:02:00.000Z',
      `    ${receiver}  given_up  the receiver answered 500`,
      '3  case.submitted  2026-11-25T06:03:00.000Z',
      `    ${receiver}  under_way`,
      '',
    ].join('\n'),
  );
  expect((await told([toldCaseId], events.slice(0, 1))).status).toBe(0);
  const nobody = await told([toldCaseId], []);
  expect([nobody.status, nobody.stdout]).toEqual([
    0,
    'Nobody was told anything about this case, or it is no longer kept.\n',
  ]);
  const json = (await told([toldCaseId, '--json'])).json();
  expect(json).toMatchObject({ notifications: [{ n: 1, notification: { id: 'evt_run-1_1' } }, { n: 2 }, { n: 3 }] });
});

test('what is gone is said, and an event of an earlier run goes by its webhook-id', async () => {
  const known = [toldEvent(1, 'case.approved', delivered), inRun('run-0', toldEvent(2, 'case.rejected', delivered))];
  const { stdout, status } = await told([toldCaseId], known, { before: ['run-0'] });
  expect([status, stdout.split('\n').filter((line) => !line.startsWith(' '))]).toEqual([
    0,
    [
      'Older ones are no longer kept.',
      'evt_run-0_2  case.rejected  2026-11-25T06:02:00.000Z',
      '1  case.approved  2026-11-25T06:01:00.000Z',
      '',
    ],
  ]);
});

test('one event is found by the webhook-id that a receiver got', async () => {
  const { status, stdout } = await told(['evt_run-1_2']);
  expect([status, stdout.split('\n')[0]]).toEqual([1, '2  case.rejected  2026-11-25T06:02:00.000Z']);
  expect((await told(['evt_run-1_1'])).status).toBe(0);
  const missing = await told(['evt_run-1_9']);
  expect(missing.status).toBe(1);
  expect(missing.stderr).toContain('There is no notification evt_run-1_9');
});

test.each([
  [[toldCaseId, '--redeliver', '1'], ['notify/run-1/1']],
  [
    [toldCaseId, '--redeliver', 'all'],
    ['notify/run-1/2', 'notify/run-1/3'],
  ],
  [['evt_run-1_1', '--redeliver', 'all'], ['notify/run-1/1']],
  [['evt_run-1_2', '--redeliver', '2'], ['notify/run-1/2']],
])('%s tells again what was asked for, under its own id', async (argv, wanted) => {
  const { status, started } = await told(argv);
  expect(status).toBe(0);
  expect(started.map(([workflowId]) => workflowId)).toEqual(wanted);
  for (const [workflowId, eventId] of started) expect(eventId).toBe(`evt_run-1_${workflowId.split('/').at(-1)}`);
});

test('what can not be meant is refused, and nothing is told', async () => {
  for (const argv of [
    [toldCaseId, '--redeliver', '9'],
    [toldCaseId, '--redeliver', 'some'],
    ['evt_run-1_2', '--redeliver', '1'],
  ]) {
    const { status, started } = await told(argv);
    expect([argv, status, started]).toEqual([argv, 2, []]);
  }
  const done = await told([toldCaseId, '--redeliver', 'all'], events.slice(0, 1));
  expect([done.status, done.stdout]).toEqual([0, 'Everything has reached everybody.\n']);
});
