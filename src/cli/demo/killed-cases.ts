/** Demo cases in which the worker dies (SIGKILL) and is started again. */
import { miniCase, shopCase } from './case-script.ts';
import { miniCategory, onlyCertificate } from './mini-material.ts';
import { businessLicence, shopCategory } from './shop-material.ts';

const images = ['business-licence.png', 'food-permit.jpg', 'icp-filing.png', 'brand-authorisation.png'];
const heldUploads = 2;
const sentBefore = images.length - heldUploads;

export const killedUploading = shopCase({
  name: 'shop-killed-uploading',
  about: 'the worker is killed with two of four images sent and two on their way',
  input: {
    category: { catsV2: shopCategory(8).catsV2 },
    material: { form: 'licenses', licenses: [businessLicence(shopCategory(8), images)] },
  },
  killsWorker: true,
  async play(play) {
    // Held at WeChat and then cut off: no upload of the dead worker takes effect.
    play.chaos({ operation: 'qualification/upload', times: heldUploads, delayMs: 5_000, reset: true });
    await play.start();
    await play.untilTrue(() => play.chaosLeft('qualification/upload') === 0);
    await play.untilView(
      ({ material }) => material.filter(({ uploadedAt }) => uploadedAt !== undefined).length === sentBefore,
    );
    await play.killWorker();
    await play.startWorker();
    await play.auditorSays('approved');
  },
});

export const killedWaiting = miniCase({
  name: 'mini-killed-waiting',
  about: 'the worker is killed in review, and the verdict comes while it is dead',
  input: {
    first: miniCategory(4).first,
    second: miniCategory(4).second,
    certificates: [onlyCertificate(miniCategory(4), ['mini-program-certificate-page-1.jpg'])],
  },
  killsWorker: true,
  async play(play) {
    await play.world.clockMoved;
    await play.start();
    const { id } = await play.inReview();
    await play.killWorker();
    play.world.sandbox.decide(id, 'approved');
    await play.untilTrue(() => play.isPushDelivered());
    play.say('approved while no worker runs; the callback is taken all the same');
    await play.startWorker();
  },
});
