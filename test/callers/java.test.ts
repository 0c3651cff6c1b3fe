/** examples/java/Caller.java as it stands, against server, worker and sandbox: rejected, resubmitted, approved. */
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { perform } from './auditor.ts';
import { accountsOfOurOwn, startInstallation, tokens } from './installation.ts';

const root = resolve(import.meta.dirname, '../..');

test('the Java caller carries a case from the first image to the approval, and shows a problem', {
  timeout: 900_000,
}, async () => {
  const { accounts, appId } = accountsOfOurOwn();
  const { stack, url, stop } = await startInstallation({ accounts });
  try {
    const env = {
      PATH: process.env.PATH,
      WXQ_API_URL: url,
      WXQ_API_TOKEN: tokens.starter,
      APP_ID: appId,
      ORDER: 'order-17',
      IMAGES: resolve(root, 'examples/images'),
    };
    const caller = [
      '-XX:TieredStopAtLevel=1',
      '-Dfile.encoding=UTF-8',
      '-Dstdout.encoding=UTF-8',
      resolve(root, 'examples/java/Caller.java'),
    ];
    const { sandbox } = stack;
    const first = await perform('java', caller, env, { sandbox, appId, limitMs: 400_000 });
    expect(first, first.complaints).toMatchObject({
      status: 0,
      lines: [
        `202 /v1/cases/channels-shop/${appId}/6204`,
        'rejected: 营业执照不清晰',
        'resubmitted: attempt 2',
        expect.stringMatching(/^approved/),
        expect.stringMatching(/^409 case-closed: /),
      ],
    });
    // The same order again: the answers of the first time, and no second case.
    const again = await perform('java', caller, env, { sandbox, appId, limitMs: 400_000 });
    expect(again.lines.slice(0, 2)).toEqual([first.lines[0], first.lines[3]]);
    expect(sandbox.audits({ appId })).toHaveLength(2);
  } finally {
    await stop();
  }
});
