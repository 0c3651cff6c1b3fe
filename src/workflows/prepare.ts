/** Before a submission: look at WeChat once, then fetch and upload every image that is new, changed or stale. */
import { isCancellation } from '@temporalio/workflow';
import type { Pace, UploadRequest } from '../contract/activities.ts';
import { failureTypes } from '../contract/failures.ts';
import { papersOf, validityEnd } from '../contract/material-path.ts';
import type { Blocked, CaseInput } from '../contract/qualification.ts';
import { type CaseRun, identityOf } from './case-run.ts';
import { blockedBy, readProblem } from './failure-reading.ts';
import { isToBeChecked, passCheck } from './pass-check.ts';
import { maxUploadsAtOnce } from './policies.ts';
import type { Preflight, UploadSlot } from './steps.ts';

/** Brings a case from `preparing` to `submitting`, or to where WeChat says it is already. */
export async function prepare<Input extends CaseInput>(run: CaseRun<Input>): Promise<void> {
  await run.unless(
    () => run.state.status !== 'preparing',
    async () => {
      if (!(await passPreflight(run, 'fast')) || !(await passCheck(run))) return;
      await passUploads(run, 'fast');
    },
  );
}

/** Asks once per case what WeChat shows. `false`: the case has moved elsewhere. */
export async function passPreflight<Input extends CaseInput>(run: CaseRun<Input>, pace: Pace): Promise<boolean> {
  if (run.memory.preflight !== undefined) return true;
  let preflight: Preflight;
  try {
    // The server waits for the end of somebody else's review: a look that succeeds and finds nothing new costs events.
    const isOpenAlready = pace === 'slow' && isForeignOrUnknown(run.state.blocked);
    preflight = await run.steps.preflight(run.memory.input, { pace, isOpenAlready, checks: isToBeChecked(run) });
  } catch (error) {
    const problem = readProblem(error);
    if (problem.notify !== undefined) run.telling.learned(run.memory, problem.notify);
    if (problem.type === failureTypes.materialRefused) run.dispatch({ type: 'refused', reason: problem.reason });
    else run.dispatch({ type: 'blocked', blocked: blockedBy('preflight', problem) });
    return false;
  }
  run.telling.learned(run.memory, preflight.notify === true);
  return decideByPreflight(run, preflight);
}

/** Blocked by what preflight saw, not by a look that failed. */
const isForeignOrUnknown = (blocked: Blocked | undefined): boolean =>
  blocked?.during === 'preflight' && /^(foreign_audit|unknown audit_status)/.test(blocked.reason);

function decideByPreflight<Input extends CaseInput>(run: CaseRun<Input>, preflight: Preflight): boolean {
  const { intent = 'new' } = run.memory.input;
  const adopts = typeof intent === 'object';
  const follows = adopts && (intent.adopt.auditId !== undefined || preflight.lastAudit?.open === true);
  if (preflight.standing === 'in_force' && intent !== 'renew' && !follows) {
    run.dispatch({ type: 'foundInForce', atStart: run.state.attempts.length === 0 });
    return false;
  }
  if (preflight.standing === 'unknown') {
    run.dispatch({
      type: 'blocked',
      blocked: {
        during: 'preflight',
        reason: preflight.reason ?? 'unknown status',
        advice: 'WeChat shows a status that nobody documented. The case looks again slowly; look in the back office.',
      },
    });
    return false;
  }
  const { findings, notify: _notify, ...seen } = preflight;
  run.memory.preflight = seen;
  if (findings !== undefined) run.memory.check = { attempt: run.state.attempt, findings };
  if (preflight.standing === 'refused') {
    // Looked at again with the next material: a person may have made room in the meantime.
    delete run.memory.preflight;
    run.dispatch({ type: 'refused', reason: preflight.reason ?? 'refused' });
    return false;
  }
  if (adopts && run.state.attempts.length === 0) return followExisting(run, preflight, intent.adopt.auditId);
  if (preflight.standing === 'in_review') {
    delete run.memory.preflight;
    run.dispatch({
      type: 'blocked',
      blocked: {
        during: 'preflight',
        reason: 'foreign_audit: this category is in review already, and not through this case',
        advice: 'adopt to follow that review, or wait for its verdict. (请选择「跟踪该审核单」adopt,或等待结果。)',
      },
    });
    return false;
  }
  return true;
}

/** A case that only follows an audit which exists already. After a rejection it goes on like any other. */
function followExisting<Input extends CaseInput>(
  run: CaseRun<Input>,
  preflight: Preflight,
  wanted: string | undefined,
): boolean {
  if (wanted !== undefined || preflight.lastAudit !== undefined) {
    const auditId = wanted ?? preflight.lastAudit?.auditId;
    run.dispatch({ type: 'followed', ...(auditId === undefined ? {} : { auditId }) });
  } else
    run.dispatch({ type: 'refused', reason: 'there is no audit of this category to follow; resubmit to apply anew' });
  return false;
}

/** Uploads what has to be uploaded, then says that the case is ready to be submitted. */
export async function passUploads<Input extends CaseInput>(run: CaseRun<Input>, pace: Pace): Promise<void> {
  const { memory, steps } = run;
  const outdated = outdatedPaper(run);
  if (outdated !== undefined) return run.dispatch({ type: 'refused', reason: outdated });
  const todo = distinctSlots(steps.slots(memory.input)).filter((slot) => !isUploaded(run, slot));
  const problems: unknown[] = [];
  // Never an upload of an earlier round: what went stale, or was refused as stale, must travel again.
  const round = String(Date.now());
  const takeNext = async (): Promise<void> => {
    for (let slot = todo.shift(); slot !== undefined; slot = todo.shift()) {
      try {
        await upload(run, slot, pace, round);
      } catch (error) {
        if (isCancellation(error)) throw error;
        problems.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(maxUploadsAtOnce, todo.length) }, takeNext));
  if (problems.length > 0) {
    const all = problems.map(readProblem);
    const refusals = all.filter((problem) => problem.type === failureTypes.materialRefused);
    if (refusals.length > 0) run.dispatch({ type: 'refused', reason: refusals.map(({ reason }) => reason).join('; ') });
    else
      for (const problem of all.slice(0, 1)) run.dispatch({ type: 'blocked', blocked: blockedBy('upload', problem) });
  } else if (isUnchanged(run)) {
    run.dispatch({
      type: 'refused',
      reason: 'unchanged: the same bytes and fields were turned down already; send other material, or force',
    });
  } else run.dispatch({ type: 'prepared' });
}

async function upload<Input extends CaseInput>(
  run: CaseRun<Input>,
  slot: UploadSlot,
  pace: Pace,
  round: string,
): Promise<void> {
  const { memory, steps } = run;
  const identity = identityOf(slot.images.map(({ image }) => image));
  const pinned = memory.uploads[identity]?.images;
  const before = memory.lastSent?.slots[slot.path];
  const uploadedAtMs = Date.now();
  const reusable = before !== undefined && !steps.isUploadStale(uploadedAtMs - before.uploadedAtMs);
  const uploaded = await steps.upload(
    memory.input,
    slot.path,
    {
      images: slot.images.map(({ path, image }, n) => {
        const sha256 = pinned?.[n]?.sha256 ?? (typeof image === 'string' ? undefined : image.sha256);
        const source = typeof image === 'string' ? image : image.source;
        return { path, source, ...(sha256 === undefined ? {} : { sha256 }) };
      }),
      ...(reusable && pinned === undefined ? { previous: { sha256: before.sha256, ref: before.ref } } : {}),
      ...sentElsewhere(run),
      ...holdersOf(run, slot.path),
      round,
    },
    pace,
  );
  // The same bytes at another place of this case: the reference is as old as that upload.
  const twin = Object.entries(memory.uploads).find(
    ([other, { ref }]) => other !== identity && ref !== '' && ref === uploaded.ref,
  )?.[1];
  memory.uploads[identity] = {
    ref: uploaded.ref,
    uploadedAtMs:
      twin?.uploadedAtMs ?? (uploaded.unchanged && before !== undefined ? before.uploadedAtMs : uploadedAtMs),
    images: uploaded.images.map((image, n) => ({ ...twin?.images[n], ...image })),
  };
}

function sentElsewhere<Input extends CaseInput>({ memory, steps }: CaseRun<Input>): Pick<UploadRequest, 'sent'> {
  const usable = Object.values(memory.uploads).filter(
    ({ ref, uploadedAtMs }) => ref !== '' && !steps.isUploadStale(Date.now() - uploadedAtMs),
  );
  if (usable.length === 0) return {};
  return { sent: usable.map(({ ref, images }) => ({ ref, sha256: images.map(({ sha256 }) => sha256) })) };
}

function holdersOf<Input extends CaseInput>(
  { memory }: CaseRun<Input>,
  slotPath: string,
): Pick<UploadRequest, 'holders'> {
  const of = papersOf(memory.input as never).find(({ path }) => slotPath === path || slotPath.startsWith(`${path}/`));
  const { name, creditCode } = of?.paper.holder ?? {};
  const holders = [name, creditCode].filter((one) => one !== undefined && one !== '');
  return holders.length === 0 ? {} : { holders: holders as string[] };
}

/** Whether a slot's upload can be used now. A stale one stays known by its sha256: its source may be gone. */
function isUploaded<Input extends CaseInput>({ memory, steps }: CaseRun<Input>, slot: UploadSlot): boolean {
  const known = memory.uploads[identityOf(slot.images.map(({ image }) => image))];
  return known !== undefined && known.ref !== '' && !steps.isUploadStale(Date.now() - known.uploadedAtMs);
}

export const everythingIsUploaded = <Input extends CaseInput>(run: CaseRun<Input>): boolean =>
  run.steps.slots(run.memory.input).every((slot) => isUploaded(run, slot));

function distinctSlots(slots: UploadSlot[]): UploadSlot[] {
  const seen = new Set<string>();
  return slots.filter(({ images }) => {
    const identity = identityOf(images.map(({ image }) => image));
    return seen.has(identity) ? false : seen.add(identity);
  });
}

/** A sentence about a paper whose validity has passed; the person may send it all the same with `force`. */
export function outdatedPaper<Input extends CaseInput>({ memory }: CaseRun<Input>): string | undefined {
  if (memory.force) return undefined;
  const outdated = papersOf(memory.input as never).find(
    ({ paper }) => paper.validUntil !== undefined && (validityEnd(paper.validUntil) ?? 0) <= Date.now(),
  );
  return outdated === undefined
    ? undefined
    : `${outdated.path} was valid until ${outdated.paper.validUntil}: send a newer one, or force to submit it all the same`;
}

/** What a person is asked when a case has been blocked for too long. */
export const questionAfterWaiting = <Input extends CaseInput>({ state }: CaseRun<Input>): string =>
  `blocked since ${state.since} (${state.blocked?.reason ?? ''}): is this material still the right one? Resubmit it corrected, or as it is with force`;

/** The same bytes and fields as what was turned down before. This attempt's own are not: only their uploads had died. */
function isUnchanged<Input extends CaseInput>(run: CaseRun<Input>): boolean {
  const { memory, state } = run;
  const before = memory.lastSent;
  return !memory.force && before !== undefined && before.attempt < state.attempt && before.digest === digestOf(run);
}

/** What is sent, with images by their bytes instead of their sources. */
export function digestOf<Input extends CaseInput>({ memory, steps }: CaseRun<Input>): string {
  const { deadlines: _d, intent: _i, externalId: _e, requestedBy: _b, priority: _p, ...rest } = memory.input;
  const { skipCheck: _skipCheck, ...sent } = rest;
  const bytes = steps.slots(memory.input).map(({ path, images }) => {
    const upload = memory.uploads[identityOf(images.map(({ image }) => image))];
    return [path, upload?.images.map(({ sha256 }) => sha256)];
  });
  return JSON.stringify([JSON.stringify(sent, withoutImageSources), bytes]);
}

const imageLists =
  /^(images|certificate|baobeihan|jingyingzhengming|daihuokoubei|ruzhuzhizhi|jingyingliushui|buchongcailiao)$/;
const withoutImageSources = (key: string, value: unknown): unknown => (imageLists.test(key) ? undefined : value);
