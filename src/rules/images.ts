/** The rules about images: how many, how large, how sharp. What an image is was found out elsewhere. */
import { accessLists, type ChannelsShopInput, maxImagesPerList } from '../contract/channels-shop.ts';
import type { MiniProgramInput } from '../contract/mini-program.ts';
import type { Image } from '../contract/qualification.ts';
import type { ImageFact } from './category-rules.ts';
import { error, type LintFinding, note, say, warning } from './finding.ts';
import { imageChangeInChinese } from './image-change.ts';

/** An image whose longer side is shorter is hard to read: the same number at which shrinking stops. */
export const readablePixels = 800;

/** Every list of images of an input with the path it stands at. */
export function imageLists(input: ChannelsShopInput | MiniProgramInput): { path: string; images: Image[] }[] {
  if ('first' in input)
    return input.certificates.map(({ images }, index) => ({ path: `certificates[${index}].images`, images }));
  const { material } = input;
  const main =
    material.form === 'certificate'
      ? [{ path: 'material.certificate', images: material.certificate }]
      : material.licenses.map(({ images }, index) => ({ path: `material.licenses[${index}].images`, images }));
  const access = accessLists.flatMap((list) => {
    const images = material[list];
    return images === undefined ? [] : [{ path: `material.${list}`, images }];
  });
  return [...main, ...access];
}

/** Checks the counts of the input and the facts about its images. */
export function imageFindings(input: ChannelsShopInput | MiniProgramInput, facts: readonly ImageFact[]): LintFinding[] {
  return [
    ...imageLists(input).flatMap(({ path, images }) => countFindings(path, images.length)),
    ...facts.flatMap(factFindings),
  ];
}

function countFindings(path: string, count: number): LintFinding[] {
  if (count === 0)
    return [
      error(
        'image-missing',
        path,
        say('没有图片。', 'There is no image.'),
        say('至少提供一张。', 'Give at least one.'),
      ),
    ];
  if (count <= maxImagesPerList) return [];
  return [
    error(
      'image-count',
      path,
      say(
        `图片 ${count} 张，最多 ${maxImagesPerList} 张（10020062）。`,
        `${count} images, at most ${maxImagesPerList} are taken (10020062).`,
      ),
      say('合并或删减图片。', 'Put some together, or leave some out.'),
    ),
  ];
}

function factFindings({
  path,
  problem,
  change,
  isJoined,
  isSentForOthers,
  width = 0,
  height = 0,
  bytes,
}: ImageFact): LintFinding[] {
  if (problem !== undefined) {
    const said = say(`图片有问题：${problem.reason}。`, `The image: ${problem.reason}.`);
    const advice = say(problem.advice, problem.advice);
    return [
      problem.isCertain ? error('image-refused', path, said, advice) : warning('image-unchecked', path, said, advice),
    ];
  }
  const findings: LintFinding[] = [];
  const edge = Math.max(width, height);
  if (edge > 0 && edge < readablePixels)
    findings.push(
      warning(
        'image-small',
        path,
        say(
          `图片仅 ${width}x${height} 像素，长边少于 ${readablePixels}。`,
          `The image has ${width}x${height} pixels: less than ${readablePixels} on the longer side.`,
        ),
        say('重新拍摄或扫描，确保文字清晰。', 'Scan it anew, so that every word can be read.'),
      ),
    );
  if (isSentForOthers)
    findings.push(
      warning(
        'image-of-another',
        path,
        say('同一张图片曾为其他主体提交过。', 'The same image was sent for another principal before.'),
        say('请确认它属于本主体。', 'Make sure that it is this principal’s.'),
      ),
    );
  if (change !== undefined) findings.push(isJoined ? joinedFinding(path, change) : shrunkFinding(path, change, bytes));
  return findings;
}

/** Whatever their size: a Mini Program's certificate is one picture. */
const joinedFinding = (path: string, change: string): LintFinding =>
  note(
    'image-changed',
    path,
    say(
      `微信每项资质只收一张图片，提交前会把各页合并成一张：${imageChangeInChinese(change)}。`,
      `WeChat takes one picture for each certificate, so its pages are joined into one before they are sent: ${change}.`,
    ),
    say('如文字变得不清晰，请自行合并成一张图片后提交。', 'If it gets hard to read, join them yourself.'),
  );

const shrunkFinding = (path: string, change: string, bytes: number | undefined): LintFinding =>
  note(
    'image-changed',
    path,
    say(
      `图片过大（${bytes ?? '?'} 字节），提交前会处理：${imageChangeInChinese(change)}。`,
      `Too large as it is (${bytes ?? '?'} bytes); before it is sent: ${change}.`,
    ),
    say('如文字变得不清晰，请自行压缩后提交。', 'If it gets hard to read, shrink it yourself.'),
  );
