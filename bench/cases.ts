/** The case that is measured: a shop, a category and three images, numbered so that no two are the same. */
import type { ChannelsShopInput } from '../src/contract/channels-shop.ts';
import { channelsShopWorkflowId } from '../src/contract/workflow-id.ts';

/** What is compared. */
export type Kind = 'bare' | 'product' | 'product-plain';

/** As the table calls them. */
export const kindTitles: Record<Kind, string> = {
  bare: 'bare workflow',
  product: 'product',
  'product-plain': 'product, plain signal instead of the encrypted push',
};

/** Cases go round as many shops; each has its own token, and its audits are few, as in life. */
const shopCount = 100;
const firstLeaf = 100_000;

/** Names of the task queues. */
export const taskQueues = { bare: 'bench-bare', product: 'bench-product' } as const;

/** The push settings of every shop of the bench; not a secret of anybody's. */
export const pushSettings = {
  token: 'benchPushToken',
  encodingAesKey: 'BenchEncodingAesKeyNotARealOne00000000000AA',
};

const appIdOf = (number: number): string => `wxbench${String(number % shopCount).padStart(9, '0')}`;

export const workflowIdOf = (kind: Kind, number: number): string =>
  kind === 'bare' ? `bare/${number}` : channelsShopWorkflowId(appIdOf(number), String(firstLeaf + number));

/** The product's input; `images` are paths. */
export function inputOf(number: number, images: readonly string[]): ChannelsShopInput {
  const leaf = String(firstLeaf + number);
  return {
    appId: appIdOf(number),
    category: { catsV2: ['6033', '6057', leaf] },
    material: {
      form: 'licenses',
      licenses: [{ groupId: '1', licenseId: '2', images: [...images], fields: { audit_license_no: '914401' } }],
    },
  };
}

/** `WXQ_ACCOUNTS_FILE` with every shop. */
export function accountsFile(): string {
  const shops = Array.from({ length: shopCount }, (_, number) => ({
    appId: appIdOf(number),
    secret: 'bench-secret',
    callback: { token: pushSettings.token, encodingAesKey: [pushSettings.encodingAesKey] },
  }));
  return JSON.stringify({ shops });
}
