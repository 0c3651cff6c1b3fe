/** The rules of a Mini Program's application: category, state, quota, certificates. */
import type { Certificate, MiniProgramInput } from '../contract/mini-program.ts';
import { alternativeFindings } from './alternatives.ts';
import type { ListedCategory, MiniProgramRules } from './category-rules.ts';
import { error, type LintFinding, note, say, warning } from './finding.ts';

/** Everything that the category's rules say about the input. The input is of the contract's shape; never throws. */
export function miniProgramFindings(input: MiniProgramInput, rules: MiniProgramRules): LintFinding[] {
  const { first, second, certificates } = input;
  const category = findMiniProgramCategory(rules, first, second);
  if (category === undefined)
    return [
      error(
        'category-unknown',
        'second',
        say(
          `该小程序可选的类目中没有 ${first}-${second}。`,
          `This Mini Program may not set the category ${first}-${second}, or there is none.`,
        ),
        say(
          '按 getallcategories 查找类目 id；不同主体可选的类目不同。',
          'Look the ids up by getallcategories; what may be set depends on the kind of subject.',
        ),
      ),
    ];
  return [
    ...remarkFindings(category),
    ...leafFindings(category),
    ...stateFindings(input, rules),
    ...certificateFindings(category, certificates),
  ];
}

/** `undefined`: there is no `second` below `first`. */
export function findMiniProgramCategory(
  { categories }: MiniProgramRules,
  first: string,
  second: string,
): ListedCategory | undefined {
  const parent = categories.find(({ id }) => id === first);
  if (parent === undefined) return undefined;
  return categories.find(
    ({ id, father }) => id === second && (father === first || (father === undefined && parent.children.includes(id))),
  );
}

function remarkFindings({ name, id, qualify }: ListedCategory): LintFinding[] {
  const remark = qualify?.remark?.trim();
  if (!remark) return [];
  return [
    note(
      'category-remark',
      'second',
      say(`类目「${name ?? id}」的说明：${remark}`, `The category ${name ?? id} says: ${remark}`),
      say('请逐条核对材料。', 'Compare it with the certificates, point by point.'),
    ),
  ];
}

function leafFindings({ id, name, children }: ListedCategory): LintFinding[] {
  if (children.length === 0) return [];
  return [
    error(
      'category-not-leaf',
      'second',
      say(`类目 ${id}（${name ?? ''}）下还有类目。`, `The category ${id} (${name ?? ''}) has categories below it.`),
      say('请选择末级类目。', 'Choose one of those.'),
    ),
  ];
}

function certificateFindings(category: ListedCategory, certificates: Certificate[]): LintFinding[] {
  const alternatives = (category.qualify?.alternatives ?? []).map((inner) => inner.map(({ name }) => name));
  const needed = alternatives.filter((names) => names.length > 0);
  if (needed.length > 0) return alternativeFindings(needed, certificates, category.isSensitive);
  if (category.isSensitive && certificates.length === 0)
    return [
      warning(
        'certificates-unlisted',
        'certificates',
        say(
          '该类目需要审核，但微信没有列出所需资质。',
          'This category is reviewed, but WeChat lists no documents for it.',
        ),
        say('先在后台查看要求。', 'Look in the back office what it asks for.'),
      ),
    ];
  if (category.isSensitive || certificates.length === 0) return [];
  return [
    warning(
      'category-takes-no-application',
      'certificates',
      say(
        '该类目无需资质，添加后直接生效。',
        'This category needs no qualification: it is in force as soon as it is added.',
      ),
      say('去掉 certificates。', 'Leave the certificates out.'),
    ),
  ];
}

/** What the Mini Program has already decides whether an application adds (and costs quota), modifies, or does nothing. */
function stateFindings({ first, second, intent }: MiniProgramInput, { setting }: MiniProgramRules): LintFinding[] {
  if (typeof intent === 'object') return [];
  const held = setting.categories.find((one) => one.first === first && one.second === second);
  if (held === undefined) return quotaFindings(setting);
  const path = 'second';
  if (held.auditStatus === '1')
    return [
      warning(
        'category-in-review',
        path,
        say('该类目正在审核中。', 'This category is in review already.'),
        say(
          '等待结果，或用 intent: {"adopt": {}} 跟踪它。',
          'Wait for the verdict, or follow it with intent: {"adopt": {}}.',
        ),
      ),
    ];
  if (held.auditStatus === '3' && held.isExpired)
    return [
      warning(
        'category-lapsed',
        path,
        say(
          '该类目的资质已过期，接口无法修改已通过的类目（53307）。',
          'The qualification has lapsed, and no call modifies a category that was approved (53307).',
        ),
        say('在小程序后台更新资质。', 'Renew it in the back office.'),
      ),
    ];
  if (held.auditStatus === '3')
    return [
      warning(
        'category-in-force',
        path,
        say('该类目已生效，不会再提交。', 'This category is in force already: nothing would be submitted.'),
        say('无需操作。', 'Nothing to do.'),
      ),
    ];
  if (held.auditStatus !== '2') return [];
  return [
    note(
      'category-was-rejected',
      path,
      say(
        `该类目曾被驳回（${held.auditReason ?? '无原因'}），将以修改方式提交；是否占用配额，微信没有说明。`,
        `It was rejected before (${held.auditReason ?? 'no reason'}) and will be modified; whether that costs quota is not documented.`,
      ),
      say('确认驳回原因已解决。', 'Make sure that the reason has been dealt with.'),
    ),
  ];
}

function quotaFindings({ categories, quota, limit, categoryLimit }: MiniProgramRules['setting']): LintFinding[] {
  const findings: LintFinding[] = [];
  if (quota !== undefined && quota <= 0)
    findings.push(
      error(
        'quota-used-up',
        'second',
        say(
          `本期添加次数已用完（共 ${limit ?? '?'} 次）（53300）。`,
          `No additions are left in this period (of ${limit ?? '?'}) (53300).`,
        ),
        say('等下个周期，或在后台操作。', 'Wait for the next period, or use the back office.'),
      ),
    );
  if (categoryLimit !== undefined && categories.length >= categoryLimit)
    findings.push(
      error(
        'category-limit-reached',
        'second',
        say(
          `类目数已达上限 ${categoryLimit}（53301）。`,
          `The Mini Program holds ${categories.length} of ${categoryLimit} categories (53301).`,
        ),
        say('先删除一个类目。', 'Delete one first.'),
      ),
    );
  return findings;
}
