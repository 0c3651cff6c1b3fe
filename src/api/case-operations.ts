/** What can be done with cases from a server, independent of HTTP: the JSON API does it, and a console can. */
import { createHash } from 'node:crypto';
import { platformOf, sourcesOf } from '../client/case-content.ts';
import {
  type Accepted,
  type CaseFilter,
  type CasePage,
  type CaseView,
  type ChannelsShopInput,
  type Checked,
  checkInput,
  type Finding,
  InvalidCaseError,
  type MiniProgramInput,
  PageTokenError,
  type Platform,
  parseWorkflowId,
  type QualificationClient,
  type QualificationResult,
  type Resubmission,
  workflowIdOfMiniProgramCase,
  workflowIdOfShopCase,
} from '../client/index.ts';
import { resubmissionFindings, sourcesOfResubmission } from '../client/resubmission.ts';
import type { Adoption, Withdrawal } from '../contract/qualification.ts';
import { ApiProblem } from './problem.ts';

/** A case that runs. */
export interface StartedCase {
  workflowId: string;
  existing: boolean;
  sameInput: boolean;
}

/** The Updates, with their arguments. */
export interface ActionBodies {
  resubmit: Resubmission;
  withdraw: Withdrawal;
  retry: object;
  adopt: Adoption;
  readAuditNow: object;
}

/** Who asks, and under which key. */
export interface Asking {
  /** Becomes `by`, or `requestedBy` at a start, unless the body names someone. */
  by?: string | undefined;
  /** Repeating with the same one is harmless. */
  key?: string | undefined;
}

/** Each throws what the client throws, and `InvalidCaseError` before anything is sent. */
export interface CaseOperations {
  /** The workflow id that a start with this input would have. Throws `InvalidCaseError`. */
  checkedId(input: unknown): string;
  /** Compares an input with the live rules of its category. Starts nothing. */
  check(input: unknown): Promise<Checked>;
  /** @param startKey as in the client's `StartOptions`. */
  start(input: unknown, asking: { by?: string | undefined; startKey?: string | undefined }): Promise<StartedCase>;
  page(filter: Omit<CaseFilter, 'limit'>, pageSize: number, pageToken?: string): Promise<CasePage>;
  view(workflowId: string): Promise<CaseView>;
  /** `undefined` while the case is open. */
  result(workflowId: string, waitMs: number, signal?: AbortSignal): Promise<QualificationResult | undefined>;
  act<Action extends keyof ActionBodies>(
    workflowId: string,
    action: Action,
    body: ActionBodies[Action],
    asking: Asking,
  ): Promise<Accepted>;
}

/** Makes them of a client. */
export function createCaseOperations(client: QualificationClient): CaseOperations {
  return {
    checkedId(input) {
      const platform = checked(input);
      return platform === 'channels-shop'
        ? workflowIdOfShopCase(input as ChannelsShopInput)
        : workflowIdOfMiniProgramCase(input as MiniProgramInput);
    },

    async start(input, { by, startKey }) {
      const platform = checked(input);
      const options = {
        ...(by === undefined ? {} : { requestedBy: by }),
        ...(startKey === undefined ? {} : { startKey }),
      };
      const started =
        platform === 'channels-shop'
          ? await client.channelsShop.start(input as ChannelsShopInput, options)
          : await client.miniProgram.start(input as MiniProgramInput, options);
      const { workflowId } = started.handle;
      if (!started.existing) return { workflowId, existing: false, sameInput: true };
      if (started.sameInput === false)
        throw new ApiProblem(
          'case-running',
          `Case ${workflowId} is running with another input: nothing was started or changed.`,
          {
            workflowId,
            advice: 'Correct its material by a resubmission, or withdraw it first.',
          },
        );
      return { workflowId, existing: true, sameInput: started.sameInput === true };
    },

    async check(input) {
      checked(input);
      return await client.check(input as ChannelsShopInput | MiniProgramInput);
    },

    async page(filter, pageSize, pageToken) {
      const filterDigest = digestOf(JSON.stringify(Object.entries(filter).sort())).slice(0, 12);
      const page = await client.listPage({
        ...filter,
        pageSize,
        ...(pageToken === undefined ? {} : { pageToken: openedToken(pageToken, filterDigest) }),
      });
      const { cases, nextPageToken } = page;
      return { cases, ...(nextPageToken === undefined ? {} : { nextPageToken: `${filterDigest}${nextPageToken}` }) };
    },

    view: (workflowId) => client.get(workflowId).view(),

    result: (workflowId, waitMs, signal) => client.get(workflowId).resultWithin(waitMs, signal),

    async act(workflowId, action, body, { by, key }) {
      const named = { ...(by === undefined ? {} : { by }), ...body };
      const options = key === undefined ? {} : { updateId: key };
      const handle = client.get(workflowId);
      if (action === 'resubmit') {
        const platform = parseWorkflowId(workflowId)?.platform ?? 'channels-shop';
        const findings = resubmissionFindings(platform, named);
        findings.push(...relativeSources(sourcesOfResubmission(platform, named)));
        if (findings.length > 0) throw new InvalidCaseError(findings);
      }
      return await handle[action](named, options);
    },
  };
}

/** The platform of an input that a case can start with. */
function checked(input: unknown): Platform {
  const platform = platformOf(input);
  const findings = checkInput(platform, input);
  findings.push(...relativeSources(sourcesOf(input)));
  if (findings.length > 0) throw new InvalidCaseError(findings);
  return platform;
}

/** The caller's current folder is not ours: such a path would name another file, or none. */
const relativeSources = (sources: { path: string; source: string }[]): Finding[] =>
  sources
    .filter(({ source }) => source.trim() !== '' && !/^([a-z][a-z0-9+.-]+:|\/|\\|[a-z]:)/i.test(source))
    .map(({ path }) => {
      const en = `${path} is a relative path, which means nothing to the worker: upload the image (POST /v1/material), or give an https: address or an absolute path.`;
      return {
        path,
        message: en,
        en,
        zh: `${path} 是相对路径，worker 无法读取：请先上传图片（POST /v1/material），或使用 https: 地址或绝对路径。`,
      };
    });

function openedToken(token: string, filterDigest: string): string {
  if (token.startsWith(filterDigest) && token.length > filterDigest.length) return token.slice(filterDigest.length);
  throw new PageTokenError();
}

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');
