/** The exit status of every command that speaks to cases, and what is said beside it. */
import { describe, expect, it } from 'vitest';
import {
  CaseCancelledError,
  CaseClosedError,
  CaseFailedError,
  CaseNotFoundError,
  NoWorkerError,
  type QualificationResult,
  SearchAttributesMissingError,
  TemporalUnreachableError,
  UpdateRefusedError,
} from '../../src/index.ts';
import { run, scriptedClient } from './run.ts';

const id = 'channels-shop/wx5a2d8f1c3b7e9046/6201';
const approved: QualificationResult = { outcome: 'approved', attempts: [{ number: 1 }], auditId: '9007199254741001' };
const accepted = { attempt: 2, status: 'preparing' } as const;

describe('exit status', () => {
  it.each([
    [1, new UpdateRefusedError(id, 'A case in review takes no material.')],
    [1, new CaseNotFoundError(id)],
    [1, new CaseFailedError(id, 'a bug')],
    [1, new CaseCancelledError(id, 'terminated')],
    [3, new NoWorkerError('wechat-qualification', 10_000)],
    [3, new TemporalUnreachableError('localhost:7233', 'there is no connection')],
    [3, new SearchAttributesMissingError({ WxAppId: 'Keyword' }, 'default', 'localhost:7233')],
    [4, new CaseClosedError(id, { result: approved })],
  ])('is %i for %s, with the sentence and advice on standard error and the error as JSON', async (status, error) => {
    const client = scriptedClient({ handle: { retry: async () => Promise.reject(error) } });
    const text = await run(['retry', id], client);
    expect(text).toMatchObject({ status, stdout: '', stderr: `wxq: ${error.message}\n  ${error.advice}\n` });
    const json = await run(['retry', id, '--json'], client);
    expect(json.status).toBe(status);
    expect(json.json()).toMatchObject({ error: { name: error.name, message: error.message, advice: error.advice } });
    expect(client.closed()).toBe(2);
  });

  it('L15 a closed case carries its result in the JSON', async () => {
    const closed = new CaseClosedError(id, { result: approved });
    const client = scriptedClient({ handle: { withdraw: async () => Promise.reject(closed) } });
    expect((await run(['withdraw', id, '--json'], client)).json()).toMatchObject({ error: { result: approved } });
  });

  it('never shows what caused an error, which may hold anything', async () => {
    const error = new UpdateRefusedError(id, 'Refused.', { cause: new Error('token=secret') });
    const done = await run(
      ['retry', id, '--json'],
      scriptedClient({ handle: { retry: async () => Promise.reject(error) } }),
    );
    expect(done.stdout + done.stderr).not.toContain('secret');
  });

  it('hands the settings to the client, so that TEMPORAL_* count', async () => {
    const client = scriptedClient({ handle: { retry: async () => accepted } });
    await run(['retry', id], { ...client, env: { TEMPORAL_ADDRESS: 'somewhere:7233' } });
    expect(client.connected[0]?.env).toEqual({ TEMPORAL_ADDRESS: 'somewhere:7233' });
  });
});
