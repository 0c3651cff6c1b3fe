/** What the activities are given; nothing in this folder reads the environment or holds state of its own. */

import type { Account } from '../contract/activities.ts';
import type { ImagePreparation } from '../images/preparation.ts';
import type { FetchImage } from '../images/source.ts';
import type { DeliveryOptions } from '../notify/delivery.ts';
import type { Targets } from '../notify/targets.ts';
import type { MaterialStore } from '../store/material.ts';
import type { QuotaLedger } from '../store/quota.ts';
import type { SubmissionTurns } from '../store/turns.ts';
import type { WatchStore } from '../store/watch-records.ts';
import type { CallHolds } from '../wechat/call-holds.ts';
import type { WeChatClient } from '../wechat/client.ts';
import type { UploadsUnderWay } from './uploads-under-way.ts';

export interface ActivityDependencies {
  wechat: WeChatClient;
  images: ImagePreparation;
  fetchImage: FetchImage;
  materialStore: MaterialStore;
  /** Same bytes of one case under way at the same time; made once for a worker by `createActivities`. */
  uploadsUnderWay?: UploadsUnderWay;
  turns: SubmissionTurns;
  /** The ones that `wechat` looks at, if it does. */
  holds: Pick<CallHolds, 'lift'>;
  quota: QuotaLedger;
  /** `observe`: everything is read, nothing is written to WeChat (`WXQ_MODE`). */
  mode: 'normal' | 'observe';
  /** The account's principal (主体), where the installation knows it: whose the papers should be. */
  principalOf?: (account: Account) => string | undefined;
  /** Who is told about cases, and how; without it nobody is, and no case spends an event on it. */
  notify?: DeliveryOptions & { targets: Targets };
  /** What the daily walk over accounts remembers; a worker that has none does not walk. */
  watch?: WatchStore;
  /** Told of an error that must not stop a case. */
  onBug?: (error: unknown) => void;
}
