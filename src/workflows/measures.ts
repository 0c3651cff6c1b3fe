/** What a case adds to the metrics when it moves: by the SDK's own meter, which is silent during replay and costs no event. */
import { metricMeter } from '@temporalio/workflow';
import { knownErrcodes } from '../contract/known-errcodes.ts';
import { reasonClassOf } from '../contract/reason-classes.ts';
import { type CaseState, isOpen } from './case-state.ts';

/** The counters and what they count; every name stands in docs/metrics.md. */
const counters = {
  wxq_case_submissions_total: 'Submissions that WeChat took',
  wxq_case_verdicts_total: "WeChat's decisions on submissions of ours, by how they were found",
  wxq_case_rejections_total: 'Material turned down, by WeChat or before it was sent, by the class of the reason',
  wxq_case_blocks_total: 'How often a case became blocked',
  wxq_case_overdue_total: 'Reviews that took longer than their limit',
  wxq_case_ends_total: 'Cases that ended, by their result',
} as const;

const timeToVerdict = 'wxq_case_time_to_verdict_seconds';

/** Labels are words of ours, a known errcode at most: never an appid or a text from outside. */
export type Sample =
  | { name: keyof typeof counters; labels: Record<string, string> }
  | { name: typeof timeToVerdict; seconds: number; labels: Record<string, string> };

/** What one move of a case adds. Pure. */
export function samplesBetween(before: CaseState, after: CaseState): Sample[] {
  const { platform } = after;
  const samples: Sample[] = [];
  const attempt = after.attempts.find(({ number }) => number === after.attempt);
  const known = before.attempts.find(({ number }) => number === after.attempt);
  if (attempt?.submittedAt !== undefined && attempt.submittedAt !== known?.submittedAt)
    samples.push({ name: 'wxq_case_submissions_total', labels: { platform } });
  if (attempt?.verdict !== undefined && attempt.decidedAt !== known?.decidedAt) {
    const { verdict, source = 'audit', foundBy = 'read', submittedAt, decidedAt } = attempt;
    if (source === 'audit') {
      samples.push({ name: 'wxq_case_verdicts_total', labels: { platform, verdict, found_by: foundBy } });
      const seconds = (Date.parse(decidedAt ?? '') - Date.parse(submittedAt ?? '')) / 1000;
      // Of an audit that was only followed nobody here knows when it was submitted.
      if (Number.isFinite(seconds))
        samples.push({ name: timeToVerdict, seconds: Math.max(0, seconds), labels: { platform, verdict } });
    }
    if (verdict === 'rejected' || verdict === 'refused')
      samples.push({
        name: 'wxq_case_rejections_total',
        labels: { platform, source, reason_class: reasonClassOf(attempt.reason) },
      });
  }
  if (after.blocked !== undefined && !isSameBlock(before.blocked, after.blocked))
    samples.push({
      name: 'wxq_case_blocks_total',
      labels: { platform, during: after.blocked.during, errcode: errcodeLabel(after.blocked.errcode) },
    });
  if (after.overdue && !before.overdue) samples.push({ name: 'wxq_case_overdue_total', labels: { platform } });
  if (isOpen(before) && !isOpen(after))
    samples.push({ name: 'wxq_case_ends_total', labels: { platform, outcome: after.status } });
  return samples;
}

/** Slow tries say the same again. */
const isSameBlock = (before: CaseState['blocked'], after: NonNullable<CaseState['blocked']>): boolean =>
  before !== undefined && before.during === after.during && before.errcode === after.errcode;

/** A workflow can't remember which other codes its worker has seen, so these are one; the case itself names it. */
const errcodeLabel = (errcode: string | undefined): string =>
  errcode === undefined ? 'none' : knownErrcodes.has(errcode) ? errcode : 'other';

/** Adds it. A workflow task that fails after this and is done again counts twice: rare, and better than a case that waits. */
export function measure(before: CaseState, after: CaseState): void {
  if (before === after) return;
  for (const sample of samplesBetween(before, after)) {
    if (sample.name === timeToVerdict)
      metricMeter
        .createHistogram(timeToVerdict, 'float', 's', 'From the submission to the verdict, in workflow time')
        .record(sample.seconds, sample.labels);
    else metricMeter.createCounter(sample.name, undefined, counters[sample.name]).add(1, sample.labels);
  }
}
