/** The input of a Mini Program case (小程序类目资质), called by a third-party platform on the account's behalf. */
import type { CaseInput, Image, Paper } from './qualification.ts';

/** One qualification of the category; several images become one, because WeChat takes one media id per key. */
export interface Certificate extends Paper {
  /** The qualification's name, byte for byte as `getallcategories` gives it. */
  key: string;
  images: Image[];
}

/** Starts `miniProgramQualification`. */
export interface MiniProgramInput extends CaseInput {
  /** 一级类目 id */
  first: string;
  /** 二级类目 id */
  second: string;
  certificates: Certificate[];
}
