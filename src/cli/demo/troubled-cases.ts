/** Demo cases of the Channels Shop in which messages get lost, or overtake each other. */
import type { ChannelsShopInput } from '../../client/index.ts';
import type { CasePlay } from './case-play.ts';
import { shopCase } from './case-script.ts';
import { businessLicence, shopCategory } from './shop-material.ts';

const input = (n: number, images: string[]): Pick<ChannelsShopInput, 'category' | 'material'> => ({
  category: { catsV2: shopCategory(n).catsV2 },
  material: { form: 'licenses', licenses: [businessLicence(shopCategory(n), images)] },
});

/**
 * Only once the sandbox's clock stands still: the answer that is lost could otherwise be "token expired", after which
 * nothing is there to be recognised, and the submission would rightly go out again 90 s later.
 */
const loseAnswer = (play: CasePlay): void => play.chaos({ operation: 'category/add', times: 1, loseAnswer: true });

export const pushLost = shopCase({
  name: 'shop-push-lost',
  about: 'the callback never comes: the verdict is found by reading, 20 s after the first look',
  input: input(1, ['business-licence.png']),
  waitsLong: true,
  async play(play) {
    const readsBefore = readsOf(play.account.appId);
    await play.start();
    await play.inReview();
    // The case reads at once; decided only after that, so that the next read is the one that finds it.
    await play.untilTrue(() => readsOf(play.account.appId) > readsBefore);
    await play.auditorSays('approved', undefined, { isPushLost: true });

    function readsOf(appId: string): number {
      return play.world.sandbox
        .requests('category/getbizcatflowdetail')
        .filter((request) => request.appId === appId && request.errcode === 0).length;
    }
  },
});

export const answerLostOpen = shopCase({
  name: 'shop-answer-lost-open',
  about: 'the answer of category/add is lost, the audit is open: it is recognised, not sent again',
  input: input(2, ['business-licence.png']),
  async play(play) {
    await play.world.clockMoved;
    loseAnswer(play);
    await play.start();
    await play.auditorSays('approved');
  },
});

export const answerLostDecided = shopCase({
  name: 'shop-answer-lost-decided',
  about: 'the answer of category/add is lost, the audit is decided already: it is recognised',
  input: input(3, ['business-licence-sharp.jpg']),
  async play(play) {
    await play.world.clockMoved;
    play.verdictRule({ when: 'at-once', verdict: 'approved' });
    loseAnswer(play);
    await play.start();
  },
});

export const pushFirst = shopCase({
  name: 'shop-push-first',
  about: 'approved at once, the callback arrives before the answer of category/add',
  input: input(4, ['business-licence.png']),
  async play(play) {
    play.verdictRule({ when: 'at-once', verdict: 'approved', pushFirst: true });
    await play.start();
  },
});
