/** The pieces of docs/integrating.md, as functions; the regions are what the page shows, a test compares them. */
// In a project of your own: from 'wechat-qualification'.
import {
  CaseClosedError,
  InvalidCaseError,
  type MiniProgramInput,
  NoWorkerError,
  type QualificationClient,
  QualificationError,
  TemporalUnreachableError,
  UpdateRefusedError,
} from '../src/index.ts';

/** Starts one, and tells apart what `start` can say. */
export async function startMiniProgram(client: QualificationClient, input: MiniProgramInput): Promise<string> {
  // #region start
  const { findings } = await client.check(input);
  if (findings.some(({ level }) => level === 'error')) return 'not started';
  const started = await client.miniProgram.start(input, { startKey: 'order-17' });
  if (started.existing) return started.sameInput ? 'it runs already' : 'it runs with another input';
  return started.handle.workflowId;
  // #endregion
}

/** A person's correction, from a process that did not start the case. */
export async function correct(client: QualificationClient, workflowId: string, ticket: string): Promise<string> {
  // #region correct
  const handle = client.get(workflowId);
  const { canDo, since } = await handle.view();
  if (!canDo.includes('resubmit')) return 'not now';
  const taken = await handle.resubmit(
    { set: { 'licenses/1/2/images/0': 's3://papers/licence-sharp.jpg' }, by: 'li', seenSince: since },
    { updateId: ticket },
  );
  return `attempt ${taken.attempt} is ${taken.status}`;
  // #endregion
}

/** What a backend does with each error. */
export async function withdraw(client: QualificationClient, workflowId: string): Promise<string> {
  // #region errors
  try {
    await client.get(workflowId).withdraw({ by: 'li' }, { updateId: 'ticket-18' });
    return 'asked';
  } catch (error) {
    if (error instanceof CaseClosedError) return `over: ${error.result?.outcome ?? error.ending}`;
    if (error instanceof UpdateRefusedError) return `refused: ${error.message}`;
    if (error instanceof NoWorkerError || error instanceof TemporalUnreachableError)
      return 'again, with the same updateId';
    if (error instanceof InvalidCaseError)
      return error.findings.map(({ path, message }) => `${path}: ${message}`).join();
    if (error instanceof QualificationError) return error.advice;
    throw error;
  }
  // #endregion
}
