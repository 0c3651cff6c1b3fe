/** The rules about licence groups: one licence of each group, its necessary fields, and what the fields may hold. */
import type { License } from '../contract/channels-shop.ts';
import type { Circumstances, FieldRule, LicenseGroup, LicenseRule } from './category-rules.ts';
import { error, type LintFinding, note, quoted, say, warning } from './finding.ts';

type Matches = Circumstances['matches'];

/** No licence number is longer. */
const longestMatched = 200;

/** Compares the licences with the groups of the category. */
export function licenseFindings(licenses: License[], groups: LicenseGroup[], matches: Matches): LintFinding[] {
  const empty = groups.filter(({ licenseGroupId }) => !licenses.some(({ groupId }) => groupId === licenseGroupId));
  return [
    ...empty.map(emptyGroup),
    ...licenses.flatMap((license, index) => oneLicense(license, index, groups, matches)),
  ];
}

function emptyGroup(group: LicenseGroup): LintFinding {
  const { licenseGroupId: id, isNecessary, description = '', licenses } = group;
  const offered = licenses.map(({ licenseId, name = '' }) => `${licenseId} ${name}`.trim()).join(' / ');
  const advice = say(`从该组中选一个证照提交：${offered}。`, `Give one licence of the group ${id}: ${offered}.`);
  if (isNecessary === false)
    return warning(
      'license-group-empty',
      'material.licenses',
      say(`可选证照组 ${id}（${description}）未填写。`, `The optional licence group ${id} (${description}) is empty.`),
      advice,
    );
  return error(
    'license-group-missing',
    'material.licenses',
    say(
      `缺少必填证照组 ${id}（${description}）。`,
      `The necessary licence group ${id} (${description}) has no licence.`,
    ),
    advice,
  );
}

function oneLicense(
  { groupId, licenseId, fields = {} }: License,
  index: number,
  groups: LicenseGroup[],
  matches: Matches,
): LintFinding[] {
  const path = `material.licenses[${index}]`;
  const group = groups.find(({ licenseGroupId }) => licenseGroupId === groupId);
  if (group === undefined) {
    const ids = groups.map(({ licenseGroupId }) => licenseGroupId).join(', ');
    return [
      error(
        'license-group-unknown',
        `${path}.groupId`,
        say(`该类目没有证照组 ${groupId}。`, `The category has no licence group ${groupId}.`),
        say(`证照组为：${ids || '无'}。`, `Its groups are: ${ids || 'none'}.`),
      ),
    ];
  }
  const rule = group.licenses.find((one) => one.licenseId === licenseId);
  if (rule === undefined) {
    const offered = group.licenses.map((one) => `${one.licenseId} ${one.name ?? ''}`.trim()).join(', ');
    return [
      error(
        'license-not-of-group',
        `${path}.licenseId`,
        say(
          `证照 ${licenseId} 不属于证照组 ${groupId}。`,
          `The licence ${licenseId} is not one of the group ${groupId}.`,
        ),
        say(`可选：${offered || '无'}。`, `It offers: ${offered || 'none'}.`),
      ),
    ];
  }
  return fieldFindings(path, fields, rule, matches);
}

function fieldFindings(
  path: string,
  fields: Record<string, string>,
  rule: LicenseRule,
  matches: Matches,
): LintFinding[] {
  const known = rule.fields.flatMap((field) => {
    const value = Object.hasOwn(fields, field.key) ? fields[field.key] : undefined;
    if (value !== undefined) return valueFindings(path, value, field, matches);
    return field.isNecessary === true ? [fieldMissing(path, field)] : [];
  });
  const unknown = Object.keys(fields).filter((key) => !rule.fields.some((field) => field.key === key));
  const keys = rule.fields.map(({ key }) => key).join(', ');
  return [
    ...known,
    ...unknown.map((key) =>
      warning(
        'license-field-unknown',
        `${path}.fields[${quoted(key)}]`,
        say(`证照 ${rule.licenseId} 没有字段 ${key}。`, `The licence ${rule.licenseId} has no field ${key}.`),
        say(`可用字段：${keys || '无'}。`, `Its fields are: ${keys || 'none'}.`),
      ),
    ),
  ];
}

const titleOf = ({ key, name }: FieldRule): string => (name === undefined ? key : `${key} ${name}`);

const fieldMissing = (path: string, field: FieldRule): LintFinding =>
  error(
    'license-field-missing',
    `${path}.fields`,
    say(`缺少必填字段 ${titleOf(field)}。`, `The necessary field ${titleOf(field)} is missing.`),
    say(
      `填写 fields.${field.key}${field.pattern === undefined ? '' : `，格式 ${field.pattern}`}。`,
      `Fill in fields.${field.key}${field.pattern === undefined ? '' : `, in the form ${field.pattern}`}.`,
    ),
  );

function valueFindings(path: string, value: string, field: FieldRule, matches: Matches): LintFinding[] {
  const { key, pattern } = field;
  if (value === '' && field.isNecessary === true) return [fieldMissing(path, field)];
  if (pattern === undefined) return [];
  const at = `${path}.fields[${quoted(key)}]`;
  const expression = expressionOf(pattern);
  const isMatch = expression !== undefined && value.length <= longestMatched ? matches(expression, value) : false;
  if (expression === undefined || isMatch === undefined)
    return [
      note(
        'license-field-hint',
        at,
        say(`字段 ${titleOf(field)} 的要求：${pattern} 。`, `The field ${titleOf(field)} asks for: ${pattern} .`),
        expression === undefined
          ? say('无法自动校验，请人工核对。', 'It is not a regular expression: compare it yourself.')
          : say('自动校验超时，请人工核对。', 'Matching it took too long: compare it yourself.'),
      ),
    ];
  if (isMatch) return [];
  return [
    error(
      'license-field-format',
      at,
      say(
        `字段 ${titleOf(field)} 的值 ${quoted(value)} 格式不符。`,
        `The field ${titleOf(field)} does not take ${quoted(value)}.`,
      ),
      say(
        `格式应为 ${pattern}${field.isNecessary === true ? '' : '；可选字段不填时请删除'}。`,
        `It must match ${pattern}${field.isNecessary === true ? '' : '; a field that is optional may be left out'}.`,
      ),
    ),
  ];
}

/** `undefined`: plain words, or an expression of another dialect. */
function expressionOf(pattern: string): RegExp | undefined {
  if (!/[\\^$*+?()[\]{}|]/.test(pattern)) return undefined;
  for (const flags of ['u', '']) {
    try {
      return new RegExp(pattern, flags);
    } catch {
      // Tried without `u`, which is stricter about needless backslashes.
    }
  }
  return undefined;
}
