/** What a person does by hand in WeChat's own back office: apply, withdraw, correct, delete, renew a category. */
import { type AuditView, accountNamed, auditView, categoryChecked, verdictChecked } from './audit-view.ts';
import { type Audits, auditsOf, findPermission } from './audits.ts';
import { findMiniCategory } from './mini-program-catalogue.ts';
import { BadControlRequest } from './refusal.ts';
import type { AuditRecord, AuditStatus } from './state.ts';
import type { World } from './world.ts';

export const deeds = ['apply', 'withdraw', 'correct', 'delete', 'renew'] as const;
export type Deed = (typeof deeds)[number];

export interface HandWork {
  deed: Deed;
  appId: string;
  categoryId: string;
  /** How it ends; default `open`: somebody has to decide it. Not for withdraw and delete. */
  status?: AuditStatus;
  reason?: string;
}

export interface BackOffice {
  /** The audit afterwards. 409 where a person could not do it either. */
  work(work: HandWork): Promise<AuditView>;
}

export function createBackOffice(world: World, audits: Audits): BackOffice {
  return {
    async work({ deed, appId, categoryId, status = 'open', reason = '' }) {
      const account = accountNamed(world, appId);
      categoryChecked(account, categoryId);
      verdictChecked(account.platform, status);
      const impossible = (why: string) => new BadControlRequest(`categoryId ${categoryId} of ${appId} ${why}`, 409);
      const latest = auditsOf(world, appId).find((audit) => audit.categoryId === categoryId);
      const isOpen = latest?.status === 'open';

      if (deed === 'withdraw') {
        if (account.platform === 'mini-program')
          throw impossible('cannot be withdrawn: a Mini Program has no such button');
        if (latest === undefined || !isOpen) throw impossible('is not under review');
        audits.decide(latest, 'cancelled', reason);
        return auditView(latest);
      }
      if (deed === 'delete') {
        const deleted = deletable(latest, impossible);
        const shown = auditView(deleted);
        delete world.state.audits[deleted.id];
        world.changed();
        return shown;
      }
      if (isOpen) throw impossible('is under review already');
      if (deed === 'correct' && latest?.status !== 'rejected') throw impossible('was not rejected');
      if (deed === 'renew' && !isHeld(latest)) throw impossible('was never approved');
      const audit = await audits.submit({
        account,
        categoryId,
        material: 1,
        origin: 'back-office',
        isApprovedAtOnce: false,
      });
      if (status !== 'open') audits.decide(audit, status, reason);
      return auditView(audit);
    },
  };

  function isHeld(latest: AuditRecord | undefined): boolean {
    if (latest === undefined) return false;
    return latest.platform === 'mini-program'
      ? latest.status === 'approved'
      : findPermission(world, latest.appId, latest.categoryId) !== undefined;
  }
}

function deletable(latest: AuditRecord | undefined, impossible: (why: string) => BadControlRequest): AuditRecord {
  if (latest === undefined) throw impossible('is not there');
  if (latest.platform === 'channels-shop') throw impossible('cannot be deleted: a shop has no such button');
  if (latest.status === 'open') throw impossible('is under review and cannot be deleted');
  const [first = '', second = ''] = latest.categoryId.split('-');
  if (findMiniCategory(first, second)?.isDeletionForbidden === true) throw impossible('may never be deleted');
  return latest;
}
