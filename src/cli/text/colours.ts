/** Colours where somebody sees them: on a terminal, unless NO_COLOR is set. Every coloured text is a word as well. */
import picocolors from 'picocolors';
import type { CaseView } from '../../client/index.ts';
import type { Sink } from '../context.ts';

export type Colours = ReturnType<typeof picocolors.createColors>;

/** https://no-color.org: any value but the empty one. */
export const coloursOf = ({ isTTY }: Pick<Sink, 'isTTY'>, { NO_COLOR }: NodeJS.ProcessEnv): Colours =>
  picocolors.createColors(isTTY === true && !NO_COLOR);

/** By what a person has to do: nothing, wait, mend it. */
export function paintedStatus(colours: Colours, status: string): (text: string) => string {
  const word = status.split(/[ ,]/, 1)[0] as CaseView['status'];
  if (word === 'approved') return colours.green;
  if (word === 'needs_material') return colours.yellow;
  if (word === 'blocked') return colours.red;
  return word === 'withdrawn' || word === 'expired' ? colours.dim : colours.cyan;
}
