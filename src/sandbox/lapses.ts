/** What runs out by the clock: a shop's permission, and the papers of a Mini Program's passed category. Nobody is told. */
import type { World } from './world.ts';

const reason = '资质已过期，类目权限失效，请重新提交资质';

export interface Lapses {
  applyDue(): void;
  nextDueAt(): number | undefined;
}

export function createLapses(world: World): Lapses {
  const pending = (): { at: number; lapse: () => void }[] => [
    ...Object.values(world.state.permissions).flatMap((permission) =>
      permission.isInForce && permission.lapsesAt !== undefined
        ? [
            {
              at: permission.lapsesAt,
              lapse: () => {
                permission.isInForce = false;
                permission.reason = reason;
                permission.uneffectiveTime = Math.floor((permission.lapsesAt ?? world.now()) / 1000);
              },
            },
          ]
        : [],
    ),
    ...Object.values(world.state.audits).flatMap((audit) =>
      audit.platform === 'mini-program' &&
      audit.status === 'approved' &&
      audit.isExpired !== true &&
      audit.papersEndAt !== undefined
        ? [
            {
              at: audit.papersEndAt,
              lapse: () => {
                audit.isExpired = true;
              },
            },
          ]
        : [],
    ),
  ];

  return {
    applyDue() {
      const due = pending().filter(({ at }) => at <= world.now());
      for (const { lapse } of due) lapse();
      if (due.length > 0) world.changed();
    },
    nextDueAt() {
      const moments = pending().map(({ at }) => at);
      return moments.length === 0 ? undefined : Math.min(...moments);
    },
  };
}
