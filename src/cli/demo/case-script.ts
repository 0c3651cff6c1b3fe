/** Makes a demo case out of its input and its play. */
import type { ChannelsShopInput, MiniProgramInput } from '../../client/index.ts';
import { leafOf } from '../../contract/channels-shop.ts';
import type { CasePlay, DemoCase } from './case-play.ts';

type Own = 'appId' | 'via' | 'externalId' | 'requestedBy';

interface Script<Input> {
  name: string;
  about: string;
  input: Omit<Input, Own>;
  play(play: CasePlay): Promise<void>;
  killsWorker?: true;
  waitsLong?: true;
  movesClock?: true;
}

const requestedBy = 'wxq demo';

export const shopCase = ({ input, ...script }: Script<ChannelsShopInput>): DemoCase => ({
  ...script,
  platform: 'channels-shop',
  categoryId: leafOf(input.category),
  start: (client, account) => client.channelsShop.start({ ...input, ...account, externalId: script.name, requestedBy }),
});

export const miniCase = ({ input, ...script }: Script<MiniProgramInput>): DemoCase => ({
  ...script,
  platform: 'mini-program',
  categoryId: `${input.first}-${input.second}`,
  start: (client, account) => client.miniProgram.start({ ...input, ...account, externalId: script.name, requestedBy }),
});
