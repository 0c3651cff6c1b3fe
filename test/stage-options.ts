/** How a test's installation differs from the usual one. */
import type { WorkerOptions } from '@temporalio/worker';
import type { ActivityDependencies } from '../src/activities/index.ts';

export interface StageOptions {
  /** Without pushes only reading finds a verdict. Default: with. */
  pushes?: boolean;
  tuning?: Partial<WorkerOptions>;
  mode?: 'normal' | 'observe';
  /** `chain`: the platform keeps its own tokens, from pushed tickets. Default: a token service. */
  platformTokens?: 'chain';
  /** The test's title: the name of its history when histories are recorded. */
  title?: string;
  /** `WXQ_CODEC_KEYS` of server, client and worker process. */
  codecKeys?: string;
  /** Who is told about cases. Default: nobody. */
  notify?: NonNullable<ActivityDependencies['notify']>;
  /** An account that asked too often is held back, by the clock of this machine. Default: it is asked all the same. */
  holds?: true;
  /** Walks over accounts have a store; these are shops besides that WeChat does not know. */
  watch?: { strangers: readonly string[] };
  /** A server other than the shared one. */
  temporalAddress?: string;
}
