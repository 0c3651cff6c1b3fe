/** How the control API shows an audit, and what it asks of the accounts and categories that are named to it. */
import { findAccount, type KnownAccount } from './accounts.ts';
import { findMiniCategory } from './mini-program-catalogue.ts';
import { BadControlRequest } from './refusal.ts';
import { findShopCategory } from './shop-catalogue.ts';
import type { AuditRecord, AuditStatus, SandboxPlatform } from './state.ts';
import type { World } from './world.ts';

/** One audit as `GET /sandbox/audits` shows it. Times are ISO 8601 of the sandbox clock. */
export interface AuditView {
  id: string;
  platform: SandboxPlatform;
  appId: string;
  categoryId: string;
  status: AuditStatus;
  reason: string;
  origin: 'api' | 'back-office';
  createdAt: string;
  decidedAt: string | null;
  /** Images of the last submission. */
  material: number;
  /** Mini Program only. */
  submissions?: number;
}

export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

export function auditView(audit: AuditRecord): AuditView {
  const { id, platform, appId, categoryId, status, reason, origin, createdAt, decidedAt, material } = audit;
  return {
    id,
    platform,
    appId,
    categoryId,
    status,
    reason,
    origin,
    createdAt: isoTime(createdAt),
    decidedAt: decidedAt === null ? null : isoTime(decidedAt),
    material,
    ...(platform === 'mini-program' ? { submissions: audit.submissions } : {}),
  };
}

/** 404 for an account that is not here. */
export function accountNamed(world: World, appId: string): KnownAccount {
  const found = findAccount(world.state.accounts, appId);
  if (found === undefined) throw new BadControlRequest(`appId ${appId} is not an account of this sandbox`, 404);
  return found;
}

export function categoryChecked({ platform }: KnownAccount, categoryId: string): void {
  const [first = '', second = ''] = categoryId.split('-');
  const known = platform === 'channels-shop' ? findShopCategory(categoryId) : findMiniCategory(first, second);
  const form = platform === 'channels-shop' ? 'a leaf of the catalogue' : 'first-second of the catalogue';
  if (known === undefined) throw new BadControlRequest(`categoryId ${categoryId} is not ${form}`);
}

export function verdictChecked(platform: SandboxPlatform, verdict: AuditStatus): void {
  if (platform === 'mini-program' && verdict === 'cancelled') {
    throw new BadControlRequest("verdict cancelled does not exist: nothing withdraws a Mini Program's review");
  }
}
