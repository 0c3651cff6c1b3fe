/** The rules about brands: needed or not, valid for this shop, in the category's own list. */
import type { ShopRules } from './category-rules.ts';
import { error, type LintFinding, note, say, warning } from './finding.ts';

const aboutToExpire = '5';

/** Compares the brands with `category/detail` and the shop's valid brands. */
export function brandFindings(brandIds: string[], { detail, brands }: ShopRules): LintFinding[] {
  if (detail === undefined)
    return [
      note(
        'detail-unknown',
        'category',
        say(
          '没有该类目的详情，未检查品牌要求。',
          'The detail of this category is not known: whether it needs a brand was not checked.',
        ),
        say('去掉 --offline 再检查一次。', 'Check once without --offline.'),
      ),
    ];
  if (brandIds.length === 0) return detail.isLimitBrand === true ? [brandMissing()] : [];
  const known = brands === undefined ? [brandsUnknown()] : [];
  return [
    ...known,
    ...brandIds.flatMap((id, index) => {
      const path = `brandIds[${index}]`;
      const findings: LintFinding[] = [];
      const own = brands?.find(({ brandId }) => brandId === id);
      if (brands !== undefined && own === undefined) findings.push(brandNotValid(path, id));
      if (own?.status === aboutToExpire) findings.push(brandExpiring(path, id));
      if (detail.brandIds.length > 0 && !detail.brandIds.includes(id)) {
        // The list is documented for directed categories; elsewhere nothing says that it binds.
        const isBinding = detail.accessPermitRequired === true || detail.isLimitBrand === true;
        findings.push(brandNotListed(isBinding ? error : warning, path, id));
      }
      return findings;
    }),
  ];
}

const brandMissing = (): LintFinding =>
  error(
    'brand-missing',
    'brandIds',
    say('该类目必须提供品牌（10020127）。', 'This category needs a brand (10020127).'),
    say('填写 brandIds：店铺已生效的品牌 id。', 'Give brandIds: valid brands of this shop.'),
  );

const brandsUnknown = (): LintFinding =>
  warning(
    'brands-unknown',
    'brandIds',
    say(
      '无法读取店铺的有效品牌，未检查品牌是否有效。',
      "The shop's valid brands could not be read: whether these are among them was not checked.",
    ),
    say('需要权限集 129；或在后台核对。', 'It needs permission set 129; or look in the back office.'),
  );

const brandNotValid = (path: string, id: string): LintFinding =>
  error(
    'brand-not-valid',
    path,
    say(`品牌 ${id} 不是该店铺的有效品牌。`, `The brand ${id} is not a valid brand of this shop.`),
    say('在后台完成品牌申请或续期后再提交。', 'Have it approved or renewed in the back office first, or give another.'),
  );

const brandExpiring = (path: string, id: string): LintFinding =>
  warning(
    'brand-expiring',
    path,
    say(`品牌 ${id} 即将到期。`, `The brand ${id} is about to expire.`),
    say('尽快续期。', 'Renew it soon.'),
  );

const brandNotListed = (level: typeof error, path: string, id: string): LintFinding =>
  level(
    'brand-not-in-category',
    path,
    say(`品牌 ${id} 不在该类目允许的品牌中。`, `The brand ${id} is not in the list of this category.`),
    say(
      '选择类目允许的品牌（category/detail 的 brand_list）。',
      'Give one of the brands of category/detail (brand_list).',
    ),
  );
