/** A line that fills up, on a terminal. Clack's own bar takes Ctrl-C for itself and ends the process with status 0. */
import type { Sink } from './context.ts';

export interface ProgressBar {
  show(done: number, of: number): void;
  /** Takes the line away. */
  end(): void;
}

const width = 30;

/** Where there is no terminal nothing is written. */
export function createProgressBar({ stderr }: { stderr: Sink }, what: string): ProgressBar {
  if (stderr.isTTY !== true) return { show: () => {}, end: () => {} };
  let shown = '';
  return {
    show(done, of) {
      const filled = of === 0 ? width : Math.floor((done / of) * width);
      const line = `${what} [${'█'.repeat(filled)}${'░'.repeat(width - filled)}] ${done}/${of}`;
      if (line === shown) return;
      shown = line;
      stderr.write(`\r${line}\u001b[K`);
    },
    end() {
      if (shown !== '') stderr.write('\r\u001b[K');
      shown = '';
    },
  };
}
