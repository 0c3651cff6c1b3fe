/** Temporal's own client, of a server that knows nothing but its namespace's id. */
import type { QualificationClient } from '../src/client/index.ts';

export const temporalWithNamespace = (id: string | Error): QualificationClient['temporal'] =>
  ({
    connection: { withDeadline: (_deadline: number, call: () => Promise<unknown>) => call() },
    workflowService: {
      describeNamespace: async () => {
        if (id instanceof Error) throw id;
        return { namespaceInfo: { id } };
      },
    },
  }) as unknown as QualificationClient['temporal'];
