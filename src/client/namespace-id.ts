/** Which Temporal it is, by whatever address it is reached. */
import type { Client } from '@temporalio/client';
import { asOurs, type Place } from './temporal-failures.ts';

const answerTimeoutMs = 10_000;

/**
 * The id that Temporal gave the namespace when it was made: the same through every address, another one in every other
 * installation. A development server in memory has a new one at each start. @throws TemporalUnreachableError
 */
export async function namespaceId({ temporal, ...place }: Place & { temporal: Client }): Promise<string> {
  const { namespace, address } = place;
  try {
    const { namespaceInfo } = await temporal.connection.withDeadline(Date.now() + answerTimeoutMs, () =>
      temporal.workflowService.describeNamespace({ namespace }),
    );
    // No server is known that leaves it out; then the address has to do.
    return namespaceInfo?.id || `${address}/${namespace}`;
  } catch (error) {
    throw asOurs(error, place);
  }
}
