/** Demo cases of the Channels Shop in which WeChat and the network behave: forms, rejections, what others did. */
import { joinPath } from '../../client/index.ts';
import { fixtures } from '../../sandbox/index.ts';
import { shopCase } from './case-script.ts';
import { exampleImage } from './example-images.ts';
import { businessLicence, shopCategory } from './shop-material.ts';

const { needsLicenses, olderFormAccepted, olderFormRefused: onlyNewForm } = fixtures.categories;

export const approved = shopCase({
  name: 'shop-approved',
  about: 'the new form, two licence groups, approved',
  input: {
    category: { catsV2: needsLicenses.catsV2 },
    material: {
      form: 'licenses',
      licenses: [
        { groupId: '10', licenseId: '12', images: [exampleImage('business-licence.png')] },
        {
          groupId: '9',
          licenseId: '11',
          images: [exampleImage('food-permit.jpg'), exampleImage('icp-filing.png')],
          fields: { audit_license_no: '粤械经营许20260001号', audit_license_validty_period: '2031-12-31' },
        },
      ],
    },
  },
  async play(play) {
    await play.start();
    await play.auditorSays('approved');
  },
});

export const resubmitted = shopCase({
  name: 'shop-resubmitted',
  about: 'rejected, one image replaced, approved',
  input: {
    category: { catsV2: shopCategory(0).catsV2 },
    material: {
      form: 'licenses',
      licenses: [
        businessLicence(shopCategory(0), ['business-licence-blurred.jpg', 'food-permit.jpg', 'icp-filing.png']),
      ],
    },
  },
  async play(play) {
    await play.start();
    await play.auditorSays('rejected', '营业执照照片模糊，看不清统一社会信用代码，请重新上传');
    await play.needsMaterial();
    const { groupId, licenseId } = businessLicence(shopCategory(0), []);
    const path = joinPath('licenses', groupId, licenseId, 'images', '0');
    await play.resubmit({ [path]: exampleImage('business-licence-sharp.jpg') }, 'a sharp scan of the licence');
    await play.auditorSays('approved');
  },
});

export const olderForm = shopCase({
  name: 'shop-older-form',
  about: 'the older form with every optional list, approved',
  input: {
    category: { level1: olderFormAccepted.level1, level2: olderFormAccepted.level2, level3: olderFormAccepted.level3 },
    brandIds: [fixtures.brands.own, fixtures.brands.ownToo],
    material: {
      form: 'certificate',
      certificate: [exampleImage('business-licence.png'), exampleImage('brand-authorisation.png')],
      baobeihan: [exampleImage('baobeihan.png')],
      jingyingzhengming: [exampleImage('jingyingzhengming.png')],
      daihuokoubei: [exampleImage('daihuokoubei.jpg')],
      ruzhuzhizhi: [exampleImage('ruzhuzhizhi.png')],
      jingyingliushui: [exampleImage('jingyingliushui.jpg')],
      buchongcailiao: [exampleImage('buchongcailiao.png')],
      jingyingpingtai: 'taobao',
      zhanghaomingcheng: '样本汽车用品旗舰店',
    },
  },
  async play(play) {
    await play.start();
    await play.auditorSays('approved');
  },
});

export const olderFormRefused = shopCase({
  name: 'shop-older-form-refused',
  about: 'WeChat refuses the older form (9700250), the case asks for licence groups, approved',
  input: {
    category: { level1: onlyNewForm.level1, level2: onlyNewForm.level2, level3: onlyNewForm.level3 },
    material: { form: 'certificate', certificate: [exampleImage('business-licence.png')] },
  },
  async play(play) {
    await play.start();
    await play.needsMaterial();
    const licences = onlyNewForm.groups.flatMap(({ groupId, licences: [licence] }) =>
      licence === undefined ? [] : [joinPath('licenses', groupId, licence.licenseId, 'images', '0')],
    );
    await play.resubmit(
      Object.fromEntries(licences.map((path) => [path, exampleImage('business-licence-sharp.jpg')])),
      'licence groups instead of the older form',
    );
    await play.auditorSays('approved');
  },
});

export const mendedByHand = shopCase({
  name: 'shop-mended-by-hand',
  about: 'rejected, then the merchant applies in the back office and is approved',
  input: {
    category: { catsV2: shopCategory(6).catsV2 },
    material: { form: 'licenses', licenses: [businessLicence(shopCategory(6), ['business-licence-blurred.jpg'])] },
  },
  async play(play) {
    await play.start();
    await play.auditorSays('rejected', '营业执照与店铺主体不一致');
    await play.needsMaterial();
    await play.approvedInBackOffice();
    play.say('the merchant applied in the back office and was approved there');
  },
});

export const alreadyInForce = shopCase({
  name: 'shop-already-in-force',
  about: 'the shop holds the category already: nothing is uploaded, nothing submitted',
  input: {
    category: { catsV2: shopCategory(7).catsV2 },
    material: { form: 'licenses', licenses: [businessLicence(shopCategory(7), ['business-licence.png'])] },
  },
  async play(play) {
    await play.approvedInBackOffice();
    await play.start();
  },
});
