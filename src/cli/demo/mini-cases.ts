/** Demo cases of the Mini Program: modified after a rejection, and media that die before they are used. */
import { joinPath } from '../../client/index.ts';
import { miniCase } from './case-script.ts';
import { exampleImage } from './example-images.ts';
import { miniCategory, onlyCertificate } from './mini-material.ts';

const mediaLifeSeconds = 3 * 86_400;

export const miniResubmitted = miniCase({
  name: 'mini-resubmitted',
  about: 'rejected, modifyCategory with a new certificate, approved',
  input: {
    first: miniCategory(0).first,
    second: miniCategory(0).second,
    certificates: [onlyCertificate(miniCategory(0), ['mini-program-certificate-page-2.png'])],
  },
  async play(play) {
    await play.world.clockMoved;
    await play.start();
    await play.auditorSays('rejected', '资质证件缺少首页，请补充完整');
    await play.needsMaterial();
    const { key } = onlyCertificate(miniCategory(0), []);
    await play.resubmit(
      {
        [joinPath('certificates', key, 'images', '0')]: exampleImage('mini-program-certificate-page-1.jpg'),
        [joinPath('certificates', key, 'images', '1')]: exampleImage('mini-program-certificate-page-2.png'),
      },
      'both pages, which become one image',
    );
    await play.auditorSays('approved');
  },
});

export const miniStaleMedia = miniCase({
  name: 'mini-stale-media',
  about: 'the media ids die before addcategory lands (40007): uploaded again, approved',
  input: {
    first: miniCategory(1).first,
    second: miniCategory(1).second,
    certificates: [onlyCertificate(miniCategory(1), ['mini-program-certificate-page-1.jpg'])],
  },
  movesClock: true,
  async play(play) {
    play.chaos({ operation: 'wxopen/addcategory', times: 1, delayMs: 1_500 });
    await play.start();
    // The submission has reached WeChat and is held there.
    await play.untilTrue(() => play.chaosLeft('wxopen/addcategory') === 0);
    play.world.sandbox.setClock({ advanceSeconds: mediaLifeSeconds + 3_600 });
    play.world.clockHasMoved();
    play.say("the sandbox's clock is three days later: 40007");
    await play.auditorSays('approved');
  },
});
