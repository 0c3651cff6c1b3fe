/** What is done to an image before it is sent (`src/images/prepare.ts` says it in English), in Chinese. */
export const imageChangeInChinese = (change: string): string =>
  change
    .replaceAll(/part (\d+) of (\d+), one under the other:/g, '第 $1 张，$2 张上下拼接为一张：')
    .replaceAll('->', '→');
