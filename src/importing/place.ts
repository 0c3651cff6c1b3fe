/** Where the rows of an import are started: the same file may be imported into several places. */
import { namespaceId, type QualificationClient } from '../client/index.ts';

/** One installation, whatever it is called. */
export interface ImportPlace {
  /** The namespace's own id and the task queue; absent: Temporal was not asked. */
  placeId?: string;
  /** For people: an installation has many addresses, and an address leads elsewhere tomorrow. */
  place: string;
}

type Settings = Pick<QualificationClient, 'address' | 'namespace' | 'taskQueue'>;

/** As the settings call it; for a preview that asks nobody. */
export const placeBySettings = ({ address, namespace, taskQueue }: Settings): ImportPlace => ({
  place: [address, namespace, taskQueue].join('/'),
});

/** @throws TemporalUnreachableError */
export const placeOf = async (client: Settings & Pick<QualificationClient, 'temporal'>): Promise<ImportPlace> => ({
  ...placeBySettings(client),
  placeId: `${await namespaceId(client)}/${client.taskQueue}`,
});

/** Whether something was started at this place. */
export const isAt = (started: Partial<ImportPlace>, { placeId, place }: ImportPlace): boolean =>
  placeId === undefined ? started.place === place : started.placeId === placeId;
