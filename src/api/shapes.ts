/** What goes in and comes out of the API, as zod schemas: they validate requests, and the OpenAPI document is made of them. */
import { z } from 'zod';
import type { CasePage, CaseRow, Checked, Finding } from '../client/index.ts';
import { channelsShopSchema, miniProgramSchema } from '../client/input.ts';
import {
  type Accepted,
  type Adoption,
  type Attempt,
  type By,
  type CaseView,
  type QualificationResult,
  type Resubmission,
  statuses,
  type Withdrawal,
} from '../contract/qualification.ts';
import type { Problem } from './problem.ts';
import { described, named } from './schema-registry.ts';

const time = described(z.string(), 'ISO 8601, UTC');
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const platform = z.enum(['channels-shop', 'mini-program']);
const pending = z.enum(['withdraw', 'retry', 'adopt']);
const actions = ['resubmit', 'withdraw', 'retry', 'adopt', 'readAuditNow'] as const;

// --- requests ---

const exampleImage = 'material:2db3ad4b441381af369d4583437f5f1af0f5813211726a0e5e48d720b0019a31';
const exampleCase = {
  appId: 'wx5a2d8f1c3b7e9046',
  externalId: 'order-17',
  category: { leaf: '6205' },
  material: { form: 'licenses', licenses: [{ groupId: '1', licenseId: '2', images: [exampleImage] }] },
  deadlines: { correction: '30 days', reminder: '3 days' },
};

/** The body of a start: an input of one of the platforms, told apart by its members. */
export const caseBody = z.union([
  named(channelsShopSchema, 'ChannelsShopCase', 'A Channels Shop case. Ids are strings: they are uint64 at WeChat.', {
    examples: [exampleCase],
  }),
  named(miniProgramSchema, 'MiniProgramCase', 'A Mini Program case. Ids are strings: they are uint64 at WeChat.'),
]);

const text = z.string().min(1).max(1000);
const seenSince = described(
  text.exactOptional(),
  '`since` of the view that was decided by: refused (`case-refused`) when the case has reached another status meanwhile',
);
const image = z.union([
  z.string().min(1),
  z.strictObject({ source: z.string().min(1), sha256: sha256.exactOptional() }),
]);
const materialPath = described(
  z.string(),
  'a place of the material: `licenses/1/2/images/0`; those of a case stand in its view',
);

export const resubmissionBody = named(
  z.strictObject({
    set: described(
      z.record(materialPath, z.union([image, z.array(z.string())])).exactOptional(),
      'path -> image (a source, or {source, sha256}), text, or list of ids; paths as in the case view',
    ),
    remove: z.array(materialPath).exactOptional(),
    note: text.exactOptional(),
    by: text.exactOptional(),
    seenSince,
    force: described(z.boolean().exactOptional(), 'sends unchanged or outdated papers all the same'),
  }),
  'Resubmission',
  'Corrected material; `remove` is applied before `set`. `by` is the name of the token unless given.',
  {
    examples: [{ set: { 'licenses/1/2/images/0': exampleImage }, note: 'a sharper scan' }],
    anyOf: [{ required: ['set'] }, { required: ['remove'] }, { required: ['force'] }],
  },
);
export const withdrawalBody = named(
  z.strictObject({
    by: text.exactOptional(),
    note: text.exactOptional(),
    force: z.boolean().exactOptional(),
    seenSince,
  }),
  'Withdrawal',
  '`force` also cancels an open audit that is not ours.',
);
export const byBody = named(
  z.strictObject({ by: text.exactOptional(), seenSince }),
  'By',
  'Who asks; the name of the token unless given.',
);
export const adoptionBody = named(
  z.strictObject({
    auditId: z
      .string()
      .regex(/^[1-9]\d{0,19}$/)
      .exactOptional(),
    by: text.exactOptional(),
    seenSince,
  }),
  'Adoption',
  'Which open audit to follow; the only one unless given.',
);

/** The address of a case; what does not fit is a case that cannot exist. */
export const caseParams = z.strictObject({
  platform,
  appId: z.string().regex(/^wx[0-9A-Za-z]{6,30}$/),
  categoryId: described(
    z.string().regex(/^[1-9]\d{0,19}(-[1-9]\d{0,19})?$/),
    'Channels Shop: the leaf, `6201`. Mini Program: first and second, `8-39`.',
  ),
});

/** Text of a query that must be a whole number. */
const wholeNumber = (min: number, max: number) =>
  z.preprocess(
    (value) => (typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value),
    z.int().min(min).max(max),
  );

export const listQuery = z.strictObject({
  status: z.enum(statuses).exactOptional(),
  platform: platform.exactOptional(),
  appId: caseParams.shape.appId.exactOptional(),
  categoryId: caseParams.shape.categoryId.exactOptional(),
  pageSize: described(wholeNumber(1, 200).default(50), 'cases a page, at most'),
  pageToken: described(
    z
      .string()
      .regex(/^[\w-]{1,4000}$/)
      .exactOptional(),
    'as `nextPageToken` gave it, with the same filter',
  ),
});
export const resultQuery = z.strictObject({
  waitSeconds: described(wholeNumber(0, 30).default(0), 'waits so long for the end before it answers 202'),
});

/** `Idempotency-Key`; other headers are nobody's business here. */
export const keyHeaders = z.object({
  'idempotency-key': described(
    z
      .string()
      .regex(/^[\x21-\x7e]{1,200}$/)
      .exactOptional(),
    'repeating a request with the same key is harmless: it gives the same answer',
  ),
});

// --- answers ---

const attempt = z.looseObject({
  number: z.int(),
  auditId: z.string().exactOptional(),
  submittedAt: time.exactOptional(),
  verdict: described(z.string().exactOptional(), '`approved`, `rejected`, `cancelled` or `refused`'),
  reason: described(z.string().exactOptional(), "WeChat's own words"),
  decidedAt: time.exactOptional(),
  source: z.enum(['audit', 'refused']).exactOptional(),
  foundBy: z.enum(['push', 'read']).exactOptional(),
});
export const result = named(
  z.looseObject({
    outcome: z.enum(['approved', 'withdrawn', 'expired']),
    attempts: z.array(attempt),
    auditId: z.string().exactOptional(),
    reason: z.string().exactOptional(),
    by: described(z.enum(['us', 'other']).exactOptional(), '`other`: it came into force without our submission'),
    alreadyInForce: z.boolean().exactOptional(),
  }),
  'Result',
  'What a case ended with. `approved`, `withdrawn` and `expired` are results, never failures.',
);
export const caseView = named(
  z.looseObject({
    workflowId: z.string(),
    platform,
    appId: z.string(),
    categoryId: z.string(),
    status: z.enum(statuses),
    overdue: z.boolean(),
    since: time,
    attempts: z.array(attempt),
    material: z.array(
      z.looseObject({
        path: z.string(),
        sha256: z.string().exactOptional(),
        bytes: z.int().exactOptional(),
        uploadedAt: time.exactOptional(),
        note: z.string().exactOptional(),
      }),
    ),
    waitingFor: z.enum(['upload', 'answer', 'audit', 'material', 'unblocking', 'nothing']),
    canDo: z.array(z.enum(actions)),
    pending: pending.exactOptional(),
    blocked: z
      .looseObject({
        during: z.enum(['preflight', 'upload', 'submit', 'read', 'material']),
        reason: z.string(),
        errcode: z.string().exactOptional(),
        advice: z.string(),
      })
      .exactOptional(),
    ignoredMessages: z.int(),
    precheck: z.looseObject({ allPass: z.boolean(), failReasons: z.array(z.string()) }).exactOptional(),
  }),
  'CaseView',
  'Where a case stands, what it waits for, and what can be done.',
);
export const accepted = named(
  z.looseObject({ attempt: z.int(), status: z.enum(statuses), pending: pending.exactOptional() }),
  'Accepted',
  'The case took the message; where it stands now.',
);
export const startedCase = named(
  z.strictObject({
    workflowId: z.string(),
    existing: described(z.boolean(), 'it was running already; nothing was started'),
    sameInput: described(z.boolean(), 'it runs with this very input; false only where that could not be found out'),
  }),
  'StartedCase',
  'A case that runs.',
);
const caseRow = named(
  z.looseObject({
    workflowId: z.string(),
    platform,
    appId: z.string(),
    categoryId: z.string(),
    status: z.enum(statuses),
    attempt: z.int(),
    startedAt: time,
    closedAt: time.exactOptional(),
    runId: z.string(),
    firstRunId: described(
      z.string().exactOptional(),
      'of a case that was continued as new: the run that it began with',
    ),
    execution: z.enum(['running', 'completed', 'failed', 'cancelled', 'terminated', 'timed_out']),
  }),
  'CaseRow',
  'One run of a case, as of the last time it was indexed.',
);
export const casePage = named(
  z.strictObject({
    cases: z.array(caseRow),
    nextPageToken: described(z.string().exactOptional(), 'absent on the last page'),
  }),
  'CasePage',
  'Cases, newest first, a moment behind.',
);
export const openCase = named(
  z.strictObject({ workflowId: z.string(), open: z.literal(true) }),
  'OpenCase',
  'The case goes on; ask again.',
);
export const uploadedImage = named(
  z.strictObject({
    source: described(z.string(), '`material:` and the sha256: an image of a start or a resubmission'),
    sha256,
    bytes: z.int(),
    format: z.enum(['jpeg', 'png', 'gif']),
    width: z.int(),
    height: z.int(),
  }),
  'UploadedImage',
  'An image that is kept.',
);
export const checkedInput = named(
  z.looseObject({
    findings: z.array(
      z.looseObject({
        code: z.string(),
        path: described(z.string(), 'the member of the input, empty for the whole'),
        level: z.enum(['error', 'warning', 'note']),
        zh: z.string(),
        en: z.string(),
        advice: z.strictObject({ zh: z.string(), en: z.string() }),
      }),
    ),
    rules: z.looseObject({ source: z.enum(['live', 'kept']), readAt: time, ageSeconds: z.number() }).exactOptional(),
  }),
  'CheckedInput',
  'Errors first; without an error WeChat is expected to take it.',
);
const finding = z.looseObject({
  path: z.string(),
  message: z.string(),
  en: z.string().exactOptional(),
  zh: z.string().exactOptional(),
});
export const problemBody = named(
  z.strictObject({
    type: described(z.string(), 'stable; decide by it'),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    advice: described(z.string().exactOptional(), 'what leads out of it'),
    findings: z.array(finding).exactOptional(),
    workflowId: z.string().exactOptional(),
    result: result.exactOptional(),
    ending: described(z.string().exactOptional(), 'how a case ended that came to no result'),
    errcode: described(z.string().exactOptional(), "WeChat's own code"),
  }),
  'Problem',
  'Problem details (RFC 9457).',
);

/** Schemas and types say the same; if they drift apart, this file does not compile. */
type Known<Type> = Type extends readonly (infer Item)[]
  ? Known<Item>[]
  : Type extends object
    ? { [Key in keyof Type as string extends Key ? never : Key]: Known<Type[Key]> }
    : Type;
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
const schemasMatch: [
  Same<z.infer<typeof resubmissionBody>, Resubmission>,
  Same<z.infer<typeof withdrawalBody>, Withdrawal>,
  Same<z.infer<typeof byBody>, By>,
  Same<z.infer<typeof adoptionBody>, Adoption>,
  Same<Known<z.infer<typeof attempt>>, Attempt>,
  Same<Known<z.infer<typeof result>>, QualificationResult>,
  Same<Known<z.infer<typeof caseView>>, CaseView>,
  Same<Known<z.infer<typeof accepted>>, Accepted>,
  Same<Known<z.infer<typeof caseRow>>, CaseRow>,
  Same<Known<z.infer<typeof casePage>>, CasePage>,
  Same<Known<z.infer<typeof checkedInput>>, Checked>,
  Same<Known<z.infer<typeof finding>>, Finding>,
  Same<Known<z.infer<typeof problemBody>>, Problem>,
] = [true, true, true, true, true, true, true, true, true, true, true, true, true];
void schemasMatch;
