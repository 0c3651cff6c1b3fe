/** How the answer to a message reads. */
import type { Accepted } from '../../client/index.ts';

/** `…/6033  taken: attempt 2 is preparing` */
export function acceptedText(workflowId: string, { attempt, status, pending }: Accepted): string {
  return `${workflowId}  taken: attempt ${attempt} is ${status}${pending === undefined ? '' : `, ${pending} under way`}`;
}
