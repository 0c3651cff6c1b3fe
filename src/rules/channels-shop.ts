/** The rules of a Channels Shop application: category, form, licences, brands. */
import { accessLists, type ChannelsShopInput, leafOf, type ShopCategory } from '../contract/channels-shop.ts';
import { brandFindings } from './brands.ts';
import type { Circumstances, ShopRules } from './category-rules.ts';
import { error, type LintFinding, note, say, warning } from './finding.ts';
import { licenseFindings } from './licenses.ts';
import { type FoundCategory, findShopCategory } from './shop-tree.ts';

/** Everything that the category's rules say about the input. The input is of the contract's shape; never throws. */
export function shopFindings(
  input: ChannelsShopInput,
  rules: ShopRules,
  { matches }: Pick<Circumstances, 'matches'>,
): LintFinding[] {
  const leaf = 'catsV2' in input.category && input.category.catsV2.length === 0 ? '' : leafOf(input.category);
  const found = findShopCategory(rules, leaf);
  if (found === undefined)
    return [
      error(
        'category-unknown',
        'category',
        say(`店铺的类目树中没有类目 ${leaf}。`, `Neither category tree of this shop has the category ${leaf}.`),
        say('在微信小店后台或 category/all 中查找类目 id。', 'Look the id up in the back office or by category/all.'),
      ),
    ];
  return [
    ...tipFindings(found),
    ...categoryFindings(input.category, leaf, found),
    ...formFindings(input, found),
    ...(input.material.form === 'licenses' ? licenseFindings(input.material.licenses, found.groups, matches) : []),
    ...brandFindings(input.brandIds ?? [], rules),
    ...entryFindings(input, rules),
  ];
}

const tipFindings = ({ name, tips }: FoundCategory): LintFinding[] =>
  tips.map((tip) =>
    note(
      'category-tips',
      'category',
      say(`类目「${name}」的说明：「${tip}」。`, `The category ${name} says: “${tip}”.`),
      say('请逐条核对材料。', 'Compare it with the material, point by point.'),
    ),
  );

function categoryFindings(category: ShopCategory, leaf: string, found: FoundCategory): LintFinding[] {
  const findings: LintFinding[] = [];
  if (!found.isLeaf)
    findings.push(
      error(
        'category-not-leaf',
        'category',
        say(`类目 ${leaf}（${found.name}）不是叶子类目。`, `The category ${leaf} (${found.name}) is not a leaf.`),
        say('请选择其下的叶子类目。', 'Apply for one of the leaves below it.'),
      ),
    );
  if (found.takesApplications === false)
    findings.push(
      error(
        'category-takes-no-application',
        'category',
        say(
          `类目 ${leaf}（${found.name}）无需申请（need_to_apply 为 false）。`,
          `The category ${leaf} (${found.name}) takes no applications (need_to_apply is false).`,
        ),
        say(
          '直接使用该类目即可，无需提交资质。',
          'Use the category without applying, or choose the one that was meant.',
        ),
      ),
    );
  const given = 'leaf' in category ? undefined : 'catsV2' in category ? category.catsV2 : levelsOf(category);
  const right = 'catsV2' in category ? found.newPath : found.oldPath;
  if (given !== undefined && given.join() !== right.join())
    findings.push(
      error(
        'category-path-wrong',
        'category',
        say(
          `类目路径 ${given.join(' > ')} 与类目树不符，应为 ${right.join(' > ') || '（该树中没有此类目）'}。`,
          `The path ${given.join(' > ')} is not in the tree; ${right.length === 0 ? 'that tree does not have this category' : `it is ${right.join(' > ')}`}.`,
        ),
        say('只写 {"leaf": "…"}，路径会自动查找。', 'Write {"leaf": "…"} alone: the path is looked up.'),
      ),
    );
  if (found.newPath.length === 0 && 'leaf' in category)
    findings.push(
      error(
        'category-only-in-old-tree',
        'category',
        say(
          `类目 ${leaf} 只在旧类目树中。`,
          `The category ${leaf} is in the old tree only, where no path is looked up.`,
        ),
        say('请写 level1、level2、level3。', 'Give level1, level2 and level3.'),
      ),
    );
  return findings;
}

const levelsOf = ({ level1, level2, level3 }: { level1: string; level2: string; level3: string }): string[] => [
  level1,
  level2,
  level3,
];

function formFindings({ material }: ChannelsShopInput, { groups }: FoundCategory): LintFinding[] {
  if (material.form === 'licenses' || groups.length === 0) return [];
  const ids = groups.map(({ licenseGroupId }) => licenseGroupId).join(', ');
  return [
    warning(
      'older-form',
      'material.form',
      say(
        `该类目有证照组（${ids}），旧版 certificate 表单可能被拒（9700250）。`,
        `The category has licence groups (${ids}): WeChat may refuse the older form (9700250).`,
      ),
      say('改用 form: "licenses"；wxq template 可生成。', 'Use form: "licenses"; wxq template writes it.'),
    ),
  ];
}

function entryFindings({ material }: ChannelsShopInput, { detail }: ShopRules): LintFinding[] {
  if (detail?.accessPermitRequired !== true || accessLists.some((list) => material[list]?.length)) return [];
  return [
    warning(
      'entry-material-missing',
      'material',
      say(
        '该类目为定向准入，但没有任何附加材料。',
        'Entry to this category is directed, but none of the additional material is given.',
      ),
      say(
        `按类目说明补充：${accessLists.join('、')}。`,
        `Add what the category asks for of: ${accessLists.join(', ')}.`,
      ),
    ),
  ];
}
