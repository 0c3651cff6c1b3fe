/** The public surface of the WeChat client. */
export {
  type AccessTokens,
  type AccessTokensOptions,
  createAccessTokens,
  type TokenCredentials,
  type WeChatAccount,
} from './access-token.ts';
export type { CallOptions, CallReport } from './call.ts';
export type { ChannelsShopApi } from './channels-shop/api.ts';
export type { CategoryInfo } from './channels-shop/category.ts';
export type {
  CategoryDetail,
  CategoryFlow,
  CategoryPrecheck,
  CategoryRelation,
  ShopCategories,
  ShopCategoryNode,
  ShopInfo,
  ShopLicenseGroup,
  ShopQua,
  ValidBrands,
} from './channels-shop/schema.ts';
export { type ChannelsAuditVerdict, channelsAuditVerdict } from './channels-shop/verdict.ts';
export { createWeChatClient, type WeChatClient, type WeChatClientOptions } from './client.ts';
export { type Endpoint, type EndpointName, endpoints } from './endpoints.ts';
export type { Bilingual, ErrcodeRow, WeChatErrorKind } from './errcodes/row.ts';
export { errcodeRow, errcodeTable } from './errcodes.ts';
export { type Delivery, WeChatError } from './errors.ts';
export { idAsNumber, isUint64, parseJson, stringifyJson } from './json.ts';
export type { MiniProgramApi } from './mini-program/api.ts';
export type { CategoryApplication, Certificate } from './mini-program/category.ts';
export type {
  ListedCategory,
  MiniProgramCategories,
  MiniProgramCategory,
  UploadedMedia,
} from './mini-program/schema.ts';
export { type MiniProgramAuditState, miniProgramAuditState } from './mini-program/verdict.ts';
export type { UploadFile } from './multipart.ts';
export { authorizersPerPage, type PlatformApi } from './platform/api.ts';
export type { Authorization, AuthorizerToken, ComponentToken, ListedAuthorizer } from './platform/schema.ts';
export * from './push/index.ts';
export { redact } from './redact.ts';
