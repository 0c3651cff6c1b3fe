/** The words of the import pages, in Chinese and in English. */

import type { RowOutcome } from '../importing/start-rows.ts';
import type { ImportStage } from '../store/imports.ts';
import { type InBoth, say } from './words.ts';

export const importWords = {
  title: say('批量导入', 'Import'),
  intro: say(
    '一个 CSV 文件，每行一个类目申请。先预览，确认后才开始；同一个文件再次导入不会重复提交。',
    'A CSV file with a row per case. It is looked at first and begun only when you say so; the same file twice starts nothing twice.',
  ),
  file: say('CSV 文件（可拖入）', 'CSV file (may be dropped)'),
  images: say('文件中提到的图片（可多选）', 'the images that it names (several)'),
  upload: say('预览', 'Look at it'),
  example: say('示例文件', 'An example file'),
  earlierImports: say('最近的导入', 'Lately'),
  none: say('还没有导入过。也可以在命令行导入：', 'Nothing was imported here yet. The same from a terminal:'),
  by: say('上传者', 'by'),
  rows: say('行', 'rows'),
  row: say('行', 'row'),
  intent: say('办理方式', 'intent'),
  outcome: say('结果', 'outcome'),
  findings: say('检查结果', 'findings'),
  checking: say('正在逐行检查', 'Every row is looked at'),
  starting: say('正在启动', 'Cases are being started'),
  ready: say('可以启动', 'ready'),
  refused: say('有错误，不会启动', 'with errors, not started'),
  warnings: say('有提醒', 'with warnings'),
  start: say('启动 {n} 个申请（{accounts} 个账号）', 'Start {n} (accounts: {accounts})'),
  nothingReady: say(
    '没有可以启动的行。请改正文件后重新上传。',
    'No row can be started. Correct the file and upload it again.',
  ),
  again: say('重新检查', 'Look at it again'),
  goOn: say('继续', 'Go on'),
  rowsSoFar: say('查看已处理的行', 'The rows so far'),
  stop: say('停止', 'Stop'),
  stoppedBy: say('{name} 停止了导入。', '{name} stopped it.'),
  stoppedAdvice: say('已启动的申请不受影响。', 'Cases that were started go on.'),
  abandoned: say(
    '处理它的服务器已停止。继续即可，已启动的不会重复。',
    'The server that worked at it has gone. Go on: nothing is started twice.',
  ),
  busy: say('已经有人在处理这个导入。', 'Somebody works at this import already.'),
  sameFile: say(
    '{name} 已在 {when} 导入过同一个文件：当时启动的申请不会重复启动。',
    'The same file was imported by {name} on {when}: what was started then is not started again.',
  ),
  results: say('下载结果 CSV', 'Download the results (CSV)'),
  onlyFindings: say('只看有问题的行', 'only rows with findings'),
  allRows: say('全部', 'all rows'),
  noFile: say('请选择一个 CSV 文件。', 'Choose a CSV file.'),
  tooLarge: say('{name} 超过 {mb} MB，请拆成几个文件。', '{name} is larger than {mb} MB: split it into several files.'),
  twoImages: say('有两张不同的图片都叫 {name}。', 'Two different images are called {name}.'),
  cannotRead: say('这个文件无法导入', 'This file cannot be imported'),
  missing: say('没有这个导入，或已超过 90 天。', 'There is no such import, or it is older than 90 days.'),
  back: say('返回导入', 'Back to imports'),
} as const;

export const stageWords: Record<ImportStage, InBoth> = {
  checking: say('检查中', 'being checked'),
  checked: say('待确认', 'waits for you'),
  starting: say('启动中', 'being started'),
  done: say('完成', 'done'),
  stopped: say('已停止', 'stopped'),
};

export const outcomeWords: Record<RowOutcome, InBoth> = {
  started: say('已启动', 'started'),
  'existing-same-input': say('早已启动', 'was started before'),
  'existing-other-input': say('已有不同内容的流程', 'another input is running'),
  refused: say('未启动（有错误）', 'refused'),
  failed: say('启动失败', 'failed'),
};

export const intentWords: Record<'new' | 'renew' | 'adopt', InBoth> = {
  new: say('新办', 'new'),
  renew: say('续期', 'renew'),
  adopt: say('接管', 'adopt'),
};
