/** What is measured about each request that leaves for WeChat. */

/** One request; no token, no body. */
export interface CallReport {
  /** The path; `token service` where somebody else gives the tokens. */
  endpoint: string;
  appId: string;
  durationMs: number;
  errcode?: string;
  /** `unanswered`: no answer, or one that cannot be read. */
  outcome: 'ok' | 'refused' | 'unanswered';
}

/** A listener that throws must not cost an audit id: measuring is not worth failing for. */
export function reportTo(onCall: ((report: CallReport) => void) | undefined, report: CallReport): void {
  try {
    onCall?.(report);
  } catch {
    // Nobody can do anything about it here.
  }
}
