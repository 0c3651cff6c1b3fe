/** A backend starts a case and waits for its end. Run it beside `npm run dev`: `npx tsx examples/start-from-backend.ts`. */
// In a project of your own: import { connect } from 'wechat-qualification';
import { connect } from '../src/index.ts';

const client = await connect();
const { handle } = await client.channelsShop.start({
  appId: 'wx5a2d8f1c3b7e9046',
  category: { leaf: '6202' },
  material: {
    form: 'licenses',
    licenses: [
      { groupId: '1', licenseId: '2', images: [new URL('images/business-licence.png', import.meta.url).href] },
    ],
  },
});
process.stdout.write(`${handle.workflowId} is under way; decide it with: npx wxq trigger approved\n`);
const { outcome, reason } = await handle.result();
process.stdout.write(`${outcome}${reason === undefined ? '' : `: ${reason}`}\n`);
await client.close();
