/** The public surface of the push folder: receive WeChat's pushes, and make them in tests. */
export { decryptMessage, encryptMessage } from './crypto.ts';
export { echoQuery, isSignedWithAny, type OpenPush, openPush, type SealedPush, sealPush } from './envelope.ts';
export {
  type OtherEvent,
  type ProductCategoryAudit,
  type PushEvent,
  parsePushEvent,
  type WxaCategoryAudit,
} from './events.ts';
export { type PlatformEvent, parsePlatformEvent } from './platform-events.ts';
export { PushRejected, type PushRejectedReason } from './rejected.ts';
export { type SignatureParts, signatureOf, verifySignature } from './signature.ts';
export type { PushFormat } from './tree.ts';
