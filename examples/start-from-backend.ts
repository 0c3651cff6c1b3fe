/** A backend starts a case, sends a better image when it is rejected, and waits for its end. Run it beside `npm run dev`: `npx tsx examples/start-from-backend.ts`. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
// In a project of your own: import { connect } from 'wechat-qualification';
import { connect } from '../src/index.ts';

const say = (text: string): void => void process.stdout.write(`${text}\n`);
// Relative image paths start at the current folder.
process.chdir(join(import.meta.dirname, 'images'));

// The regions named `readme` are the code of README.md; a test compares them.
// #region readme
const client = await connect({ env: process.env });
const { handle } = await client.channelsShop.start({
  appId: 'wx5a2d8f1c3b7e9046',
  category: { leaf: '6202' },
  material: { form: 'licenses', licenses: [{ groupId: '1', licenseId: '2', images: ['business-licence.png'] }] },
});
// #endregion
say(`${handle.workflowId} is under way. Play the auditor: npx wxq trigger rejected --reason 营业执照不清晰`);
let { waitingFor } = await handle.view();
while (waitingFor !== 'material' && waitingFor !== 'nothing') {
  await sleep(1_000);
  ({ waitingFor } = await handle.view());
}
if (waitingFor === 'material') {
  // #region readme
  await handle.resubmit({ set: { 'licenses/1/2/images/0': 'business-licence-sharp.jpg' } });
  // #endregion
  say('Rejected, and resubmitted with a sharp scan. Now: npx wxq trigger approved');
}
// #region readme
const { outcome, reason } = await handle.result();
// #endregion
say(`${outcome}${reason === undefined ? '' : `: ${reason}`}`);
await client.close();
