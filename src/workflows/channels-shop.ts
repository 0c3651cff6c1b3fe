/** The Channels Shop case: `category/add` under the one lifecycle. */
import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { Account, AddCategoryRequest } from '../contract/activities.ts';
import { accessLists, type ChannelsShopInput, leafOf } from '../contract/channels-shop.ts';
import { joinPath, patchChannelsShop } from '../contract/material-path.ts';
import type { Image, QualificationResult } from '../contract/qualification.ts';
import type { CarriedCase } from './case-run.ts';
import { readProblem, submissionOutcome } from './failure-reading.ts';
import { firstLook, lookAtRules } from './first-look.ts';
import { checkChannelsShopStart } from './guards.ts';
import { runLifecycle } from './lifecycle.ts';
import { awaitingTurn, awaitingVerdict, reading, submitting, uploading, watchingPermission } from './policies.ts';
import type { PlatformSteps, Preflight, Submission, SubmissionFacts, UploadSlot } from './steps.ts';

/**
 * Carries one Channels Shop category from images to verdict. Workflow id: `channels-shop/{appId}/{leafCategoryId}`.
 * The second argument is only for continue-as-new.
 */
export async function channelsShopQualification(
  input: ChannelsShopInput,
  carried?: CarriedCase<ChannelsShopInput>,
): Promise<QualificationResult> {
  checkChannelsShopStart(input);
  return runLifecycle(input, channelsShopSteps, carried);
}

const accountOf = ({ appId, via }: ChannelsShopInput): Account => ({ appId, ...(via === undefined ? {} : { via }) });

const channelsShopSteps: PlatformSteps<ChannelsShopInput> = {
  platform: 'channels-shop',
  categoryId: (input) => leafOf(input.category),
  patch: patchChannelsShop,
  slots: slotsOf,

  async preflight(input, { pace, checks }): Promise<Preflight> {
    const permission = await firstLook(pace, 'is the category in force already?', ({ readCategoryPermission }) =>
      readCategoryPermission({
        account: accountOf(input),
        leaf: leafOf(input.category),
        audits: true,
        ...('leaf' in input.category ? { path: true } : {}),
        ...(checks ? { check: input } : {}),
      }),
    );
    const audits = permission.audits ?? [];
    const last = audits.find((audit) => audit.verdict === undefined) ?? audits[0];
    return {
      standing: permission.inForce ? 'in_force' : 'free',
      baseline: { auditIds: audits.map((audit) => audit.auditId) },
      ...(permission.mark === undefined ? {} : { mark: permission.mark }),
      ...(last === undefined ? {} : { lastAudit: { auditId: last.auditId, open: last.verdict === undefined } }),
      ...(permission.catsV2 === undefined ? {} : { catsV2: permission.catsV2 }),
      ...(permission.findings === undefined ? {} : { findings: permission.findings }),
      ...(permission.notify === undefined ? {} : { notify: permission.notify }),
    };
  },

  async check(input) {
    const { findings } = await lookAtRules('what do the rules say?', ({ readCategoryPermission }) =>
      readCategoryPermission({ account: accountOf(input), leaf: leafOf(input.category), check: input }),
    );
    return findings ?? [];
  },

  upload: (input, slotPath, request, pace) =>
    proxyActivities<Activities>(uploading(pace, slotPath)).uploadQualificationImage({
      account: accountOf(input),
      ...request,
    }),

  // Nothing is known about a file id's life; WeChat says 10020087 when one is no longer good.
  isUploadStale: () => false,

  async submit(input, facts): Promise<Submission> {
    const { addCategory } = proxyActivities<Activities>(submitting(facts.pace, `submission ${facts.number}`));
    try {
      const { auditId } = await addCategory(submissionOf(input, facts));
      return { outcome: 'submitted', auditId };
    } catch (error) {
      return submissionOutcome(readProblem(error));
    }
  },

  async awaitTurn(input) {
    await proxyActivities<Activities>(awaitingTurn).awaitSubmissionTurn({
      account: accountOf(input),
      ...(input.priority === undefined ? {} : { priority: input.priority }),
    });
  },

  async findSubmission(input, baseline, pace) {
    const { findCategoryAudit } = proxyActivities<Activities>(reading(pace, 'did the lost submission land?'));
    const found = await findCategoryAudit({
      account: accountOf(input),
      leaf: leafOf(input.category),
      baseline: 'auditIds' in baseline ? baseline.auditIds : [],
    });
    return found ?? undefined;
  },

  awaitVerdict: (input, auditId = '', overdueInMs, pace) =>
    proxyActivities<Activities>(awaitingVerdict(pace, overdueInMs, `audit ${auditId}`)).readCategoryAudit({
      account: accountOf(input),
      leaf: leafOf(input.category),
      auditId,
    }),

  async awaitPermission(input, before) {
    const { readCategoryPermission } = proxyActivities<Activities>(watchingPermission('mended by hand?'));
    await readCategoryPermission({
      account: accountOf(input),
      leaf: leafOf(input.category),
      until: before === undefined ? {} : { inForceOtherThan: before },
    });
  },

  async cancelAudit(input, auditId, pace) {
    const { cancelCategoryAudit } = proxyActivities<Activities>(reading(pace, `cancel audit ${auditId}`));
    await cancelCategoryAudit({ account: accountOf(input), auditId });
  },
};

function slotsOf({ material }: ChannelsShopInput): UploadSlot[] {
  const list = (path: string, images: Image[] = []): UploadSlot[] =>
    images.map((image, n) => ({ path: `${path}/${n}`, images: [{ path: `${path}/${n}`, image }] }));
  const form =
    material.form === 'certificate'
      ? list('certificate', material.certificate)
      : material.licenses.flatMap(({ groupId, licenseId, images }) =>
          list(joinPath('licenses', groupId, licenseId, 'images'), images),
        );
  return [...form, ...accessLists.flatMap((name) => list(name, material[name]))];
}

function submissionOf(input: ChannelsShopInput, facts: SubmissionFacts): AddCategoryRequest {
  const { material, category, brandIds } = input;
  const refs = (path: string, images: Image[] = []) => images.map((_, n) => facts.refOf(`${path}/${n}`));
  const known = 'auditIds' in facts.preflight.baseline ? facts.preflight.baseline.auditIds : [];
  const earlier = facts.attempts.flatMap((attempt) => attempt.auditId ?? []);
  return {
    account: accountOf(input),
    leaf: leafOf(category),
    category: 'leaf' in category ? { catsV2: facts.preflight.catsV2 ?? [category.leaf] } : category,
    ...(brandIds === undefined ? {} : { brandIds }),
    ...(material.form === 'certificate'
      ? { certificate: refs('certificate', material.certificate) }
      : {
          licenses: material.licenses.map(({ groupId, licenseId, images, fields = {} }) => ({
            groupId,
            licenseId,
            fileIds: refs(joinPath('licenses', groupId, licenseId, 'images'), images),
            fields: Object.entries(fields).map(([key, value]) => ({ key, value })),
          })),
        }),
    accessMaterial: Object.fromEntries(
      accessLists.flatMap((name) => (material[name] === undefined ? [] : [[name, refs(name, material[name])]])),
    ),
    ...(material.jingyingpingtai === undefined ? {} : { jingyingpingtai: material.jingyingpingtai }),
    ...(material.zhanghaomingcheng === undefined ? {} : { zhanghaomingcheng: material.zhanghaomingcheng }),
    knownAuditIds: [...known, ...earlier],
    ...(facts.baseline !== undefined && 'auditIds' in facts.baseline ? { baseline: facts.baseline.auditIds } : {}),
    pace: facts.pace,
    ...(input.priority === undefined ? {} : { priority: input.priority }),
  };
}
