/** What is safe and useful to log about an error that someone else made. */

/** Names and codes only: messages may quote what nobody should log. */
export interface Problem {
  error: string;
  errcode?: string;
  kind?: string;
  endpoint?: string;
  /** Where it was thrown; for unexpected errors only. */
  at?: string[];
}

/** Takes the named parts of an error and leaves its message out. */
export function problemOf(error: unknown): Problem {
  if (!(error instanceof Error)) return { error: typeof error };
  const part = (key: 'errcode' | 'kind' | 'endpoint'): Partial<Problem> => {
    const value: unknown = Reflect.get(error, key);
    return typeof value === 'string' ? { [key]: value } : {};
  };
  return { error: error.name, ...part('errcode'), ...part('kind'), ...part('endpoint') };
}

/** As `problemOf`, with the first frames of the stack: for errors that mean a bug. */
export function bugOf(error: unknown): Problem {
  const lines = error instanceof Error ? (error.stack ?? '').split('\n') : [];
  const at = lines.map((line) => line.trim()).filter((line) => line.startsWith('at '));
  return { ...problemOf(error), at: at.slice(0, 6) };
}
