/** Writes docs/wechat-errors.md from the table of error codes: `npm run docs:errors`. A test fails when the page is stale. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { errorCourses } from '../src/cli/error-course.ts';
import { channelsShopCodes } from '../src/wechat/errcodes/channels-shop.ts';
import { commonCodes } from '../src/wechat/errcodes/general.ts';
import { miniProgramCodes } from '../src/wechat/errcodes/mini-program.ts';
import { tokenCodes } from '../src/wechat/errcodes/tokens.ts';
import { uploadCodes } from '../src/wechat/errcodes/uploads.ts';
import { errorFromAnswer, errorFromTransport, type WeChatError } from '../src/wechat/errors.ts';
import type { Bilingual, ErrcodeRow, WeChatErrorKind } from '../src/wechat/index.ts';

const sections: readonly { title: string; rows: readonly ErrcodeRow[] }[] = [
  { title: 'Any call (公共错误码)', rows: commonCodes },
  { title: 'Tokens (令牌)', rows: tokenCodes },
  { title: 'Uploads of images (上传图片)', rows: uploadCodes },
  { title: 'Channels Shop (微信小店)', rows: channelsShopCodes },
  { title: 'Mini Program (小程序)', rows: miniProgramCodes },
];

/** The whole page. It depends on nothing but the table and the texts of the courses. */
export function errorPage(): string {
  const kinds = Object.keys(errorCourses) as WeChatErrorKind[];
  return [
    '<!-- Made by scripts/make-error-page.ts from src/wechat/errcodes: change the table, then `npm run docs:errors`. -->',
    '# WeChat error codes (微信错误码)',
    '',
    'Every error code on the pages of the calls that this program makes: what it means, what the program does then, what a person',
    'presses. For one code on the command line: `npx wxq explain 10020064`. 每个错误码的含义、程序的处理方式,以及需要点什么;命令行:`npx wxq explain 错误码`。',
    '',
    '## Kinds (处理方式)',
    '',
    'Statuses are those of [architecture](architecture.md). A case leaves `blocked` by itself as soon as WeChat lets it.',
    '',
    ...tableOf(
      ['kind', 'at a read or an upload (读取、上传时)', 'at the submission (提交时)'],
      kinds.map((kind) => {
        const { name, reading, submitting } = errorCourses[kind];
        return [`**${name.en}** ${name.zh}`, both(reading), both(submitting)];
      }),
    ),
    '',
    '## Answers without a code (没有错误码的答复)',
    '',
    'A code that is in none of the tables below is an **unknown code**.',
    '',
    ...tableOf(['answer', 'kind', 'what it means', 'what to do (怎么办)'], withoutCode().map(rowWithoutCode)),
    ...sections.flatMap(({ title, rows }) => [
      '',
      `## ${title}`,
      '',
      ...tableOf(['code', 'kind', 'meaning (含义)', 'what to do (怎么办)'], rows.map(rowOfCode)),
    ]),
    '',
  ].join('\n');
}

function rowOfCode({ code, kind, meaning, advice, endpoints }: ErrcodeRow): string[] {
  const only = endpoints === undefined ? '' : `<br>only at ${endpoints.map((path) => `\`${path}\``).join(', ')}`;
  return [code, errorCourses[kind].name.en, `${both(meaning)}${only}`, both(advice)];
}

/** Read by the same code that reads WeChat's answers. */
function withoutCode(): [string, WeChatError | undefined][] {
  const html = (httpStatus: number) =>
    errorFromAnswer({ endpoint: '', httpStatus, json: undefined, text: '(its text)' });
  const transport = (isSent: boolean, message: string) =>
    errorFromTransport({ endpoint: '', isSent, cause: new Error(message) });
  return [
    ['HTTP 403 without JSON', html(403)],
    ['HTTP 429 without JSON', html(429)],
    ['HTTP 404 without JSON, also 405 and 413', html(404)],
    ['HTTP 418 without JSON, as any other 3xx or 4xx', html(418)],
    ['HTTP 503, as any other 5xx', html(503)],
    ['HTTP 200 that is not JSON', html(200)],
    ['connection refused, no DNS', transport(false, 'connect ECONNREFUSED')],
    ['no answer after sending', transport(true, 'time-out')],
  ];
}

function rowWithoutCode([answer, error]: [string, WeChatError | undefined]): string[] {
  if (error === undefined) throw new Error(`${answer} is taken for a success`);
  return [answer, errorCourses[error.kind].name.en, error.reason, both(error.advice)];
}

const both = ({ zh, en }: Bilingual): string => `${en}<br>${zh}`;

function tableOf(head: string[], rows: string[][]): string[] {
  const line = (cells: string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll(/<(?!br>)/g, '&lt;')).join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  await writeFile(join(process.cwd(), 'docs', 'wechat-errors.md'), errorPage());
