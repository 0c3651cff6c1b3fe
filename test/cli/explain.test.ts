/** `wxq explain`: a code's row, what the program does then, and a code that nobody knows. */
import { describe, expect, it } from 'vitest';
import { errorCourses } from '../../src/cli/error-course.ts';
import { errcodeTable } from '../../src/wechat/index.ts';
import { run } from './run.ts';

describe('wxq explain', () => {
  it.each(errcodeTable.map((row) => [row.code, row] as const))(
    '%s prints its row as text and as JSON',
    async (code, row) => {
      const [path] = row.endpoints ?? [];
      const argv = ['explain', code, ...(path === undefined ? [] : ['--endpoint', path])];
      const text = await run(argv);
      expect(text).toMatchObject({ status: 0, stderr: '' });
      const course = errorCourses[row.kind];
      for (const said of [row.meaning, row.advice, course.name, course.reading, course.submitting])
        for (const language of ['zh', 'en'] as const) expect(text.stdout).toContain(said[language]);
      const json = await run([...argv, '--json']);
      expect(json.json()).toMatchObject({ ...row, isKnown: true, program: { submitting: course.submitting } });
    },
  );

  it('at the call where a code means something else says that, and names the other meaning', async () => {
    const general = await run(['explain', '40001', '--json']);
    expect(general.json()).toMatchObject({ kind: 'refresh-token', elsewhere: [{ kind: 'needs-person' }] });
    const address = 'https://api.weixin.qq.com/cgi-bin/stable_token?x=1';
    const special = await run(['explain', '40001', '--endpoint', address, '--json']);
    expect(special.json()).toMatchObject({
      kind: 'needs-person',
      endpoint: '/cgi-bin/stable_token',
      elsewhere: [{ kind: 'refresh-token' }],
    });
    expect((await run(['explain', '40001'])).stdout).toContain('At /cgi-bin/stable_token');
  });

  it('a code that nobody knows: says what the program does then, exit status 1', async () => {
    const text = await run(['explain', '7654321']);
    expect(text).toMatchObject({ status: 1, stdout: expect.stringContaining('unknown code') });
    expect(text.stderr).toContain('no page describes 7654321');
    expect(text.stdout).toContain('One more try; met again: blocked');
    expect(text.stdout).toContain('再试一次');
    const json = await run(['explain', '7654321', '--json']);
    expect(json.status).toBe(1);
    expect(json.json()).toMatchObject({ code: '7654321', isKnown: false, kind: 'unknown-code', elsewhere: [] });
  });

  it('0 is told to be no error: exit status 2', async () => {
    expect(await run(['explain', '0'])).toMatchObject({ status: 2, stderr: expect.stringContaining('0 is no error') });
  });

  it.each(['', 'abc', '0x10', '40001a'])('%j is no code: exit status 2', async (code) => {
    expect(await run(['explain', code])).toMatchObject({ status: 2, stdout: '' });
  });
});
