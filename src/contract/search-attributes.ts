/** Typed search attributes: set at the start, upserted when a status is reached that a person looks for. */
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

export const qualificationStatusKey = defineSearchAttributeKey('QualificationStatus', SearchAttributeType.KEYWORD);
export const qualificationPlatformKey = defineSearchAttributeKey('QualificationPlatform', SearchAttributeType.KEYWORD);
export const wxAppIdKey = defineSearchAttributeKey('WxAppId', SearchAttributeType.KEYWORD);
export const wxCategoryIdKey = defineSearchAttributeKey('WxCategoryId', SearchAttributeType.KEYWORD);
export const wxAuditIdKey = defineSearchAttributeKey('WxAuditId', SearchAttributeType.KEYWORD);
export const qualificationAttemptKey = defineSearchAttributeKey('QualificationAttempt', SearchAttributeType.INT);
export const qualificationDueAtKey = defineSearchAttributeKey('QualificationDueAt', SearchAttributeType.DATETIME);

/** Everything a server must know before a case can start: name -> type, as `temporal operator search-attribute create` takes them. */
export const searchAttributeTypes = {
  QualificationStatus: 'Keyword',
  QualificationPlatform: 'Keyword',
  WxAppId: 'Keyword',
  WxCategoryId: 'Keyword',
  WxAuditId: 'Keyword',
  QualificationAttempt: 'Int',
  QualificationDueAt: 'Datetime',
} as const;
