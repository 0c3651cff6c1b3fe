/** The Mini Program's category tree with what each entry demands: `getallcategories` shows it, `addcategory` enforces it. */
import { miniEntries } from './mini-program-entries.ts';

export interface MiniCategory {
  first: string;
  second: string;
  firstName: string;
  name: string;
  /** 0 = in force without a review. */
  isSensitive: boolean;
  /** `exter_list`: any ONE alternative is enough; of it, every document (`inner_list`) is needed. */
  alternatives: string[][];
  remark: string;
  isApprovedAtOnce: boolean;
  /** A subject that may never hold it, and so on: 53302, 53305 or 53310 at `addcategory`. */
  refusal: number | null;
  /** 53309 at `deletecategory`. */
  isDeletionForbidden: boolean;
  /** Subject types (`verify_type`) that may hold it: 0 person, 1 company, 2 government, 3 media, 4 other. */
  verifyTypes: number[];
}

const everyone = [0, 1, 2, 3, 4];
const organisations = [1, 2, 3, 4];

function category(
  [first, firstName]: [string, string],
  [second, name]: [string, string],
  alternatives: string[][],
  demands: Partial<MiniCategory> = {},
): MiniCategory {
  return {
    first,
    second,
    firstName,
    name,
    isSensitive: alternatives.length > 0,
    alternatives,
    remark: alternatives.length > 1 ? '以下资质任选其一' : '',
    isApprovedAtOnce: alternatives.length === 0,
    refusal: null,
    isDeletionForbidden: false,
    verifyTypes: alternatives.length === 0 ? everyone : organisations,
    ...demands,
  };
}

const education: [string, string] = ['8', '教育'];
const medical: [string, string] = ['3', '医疗'];
const catering: [string, string] = ['5', '餐饮服务'];
const tools: [string, string] = ['1', '工具'];
const social: [string, string] = ['7', '社交'];

/** Decided by hand. */
export const byHandMiniCategories: MiniCategory[] = [
  category(education, ['39', '出国移民'], [['《因私出入境中介机构经营许可证》']]),
  category(education, ['40', '驾校培训'], [['《道路运输经营许可证》']]),
  category(education, ['41', '教育平台'], [['《增值电信业务经营许可证》']]),
  category(medical, ['303', '药品（非处方药）销售'], [['《互联网药品信息服务资格证书》']]),
  category(medical, ['304', '医疗器械经营销售'], [['《医疗器械经营许可证》']]),
  category(catering, ['501', '餐饮服务场所/餐饮服务管理企业'], [['《食品经营许可证》']]),
  category(catering, ['502', '点餐平台'], [['《增值电信业务经营许可证》']]),
];

/** The others, by what they do. */
export const namedMiniCategories = {
  approvedAtOnce: category(education, ['42', '学历教育（培训机构）'], [['《民办学校办学许可证》']], {
    isApprovedAtOnce: true,
  }),
  /** Either one document, or two together. */
  alternatives: category(
    education,
    ['43', '学历教育（学校）'],
    [['提供区/县级教育部门颁发的《民办学校办学许可证》', '《营业执照》'], ['《事业单位法人证书》']],
  ),
  /** The document's name starts with blanks, as real ones do: a trimmed key is another key (53311). */
  blankedName: category(education, ['44', '在线视频课程'], [['  《信息网络传播视听节目许可证》']]),
  noReview: category(tools, ['101', '计算类'], []),
  wrongSubject: category(medical, ['305', '公立医疗机构'], [['《医疗机构执业许可证》']], {
    refusal: 53302,
    verifyTypes: [2],
  }),
  icpMissing: category(social, ['701', '社区/论坛'], [['《非经营性互联网信息服务备案核准》']], { refusal: 53305 }),
  applyReasonNeeded: category(social, ['702', '陌生人交友'], [['《增值电信业务经营许可证》']], { refusal: 53310 }),
  neverDeleted: category(social, ['703', '社交红包'], [], { isDeletionForbidden: true }),
  /** Sensitive, and yet the catalogue names no papers, as users report of real ones. */
  unnamedPapers: category(social, ['704', '直播'], [], {
    isSensitive: true,
    isApprovedAtOnce: false,
    remark: '请提供与直播业务相符的资质',
    verifyTypes: organisations,
  }),
};

export const miniCategories: readonly MiniCategory[] = [
  ...byHandMiniCategories,
  ...Object.values(namedMiniCategories),
  ...miniEntries.map(([first, firstName, second, name, alternatives, remark]) =>
    category([first, firstName], [second, name], alternatives, remark === undefined ? {} : { remark }),
  ),
];

export function findMiniCategory(first: string, second: string): MiniCategory | undefined {
  return miniCategories.find((candidate) => candidate.first === first && candidate.second === second);
}
