/** The console as one scope of the private app: sign-in, security headers, forms, pages. */
import formbody from '@fastify/formbody';
import multipart from '@fastify/multipart';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type CaseOperations, createCaseOperations } from '../api/case-operations.ts';
import { formBound } from '../api/form-bound.ts';
import { problemOfError } from '../api/problem.ts';
import { type CaseStory, readCaseStory } from '../client/case-story.ts';
import type { QualificationClient } from '../client/index.ts';
import type { CaseAssignments } from '../store/case-assignments.ts';
import type { Imports } from '../store/imports.ts';
import type { MaterialStore } from '../store/material.ts';
import type { AccountNames } from './account-names.ts';
import { registerAssets } from './assets.ts';
import { registerAssigning } from './assign-routes.ts';
import { registerCasePages } from './case-routes.tsx';
import type { CategoryNames } from './category-names.ts';
import { registerImports } from './import-routes.tsx';
import { consolePrefix, messagePage } from './layout.tsx';
import { createMaterial, type Material, registerMaterial } from './material.ts';
import { ForeignForm } from './mend.ts';
import { type RuleBook, registerNewCase } from './new-routes.tsx';
import { problemInChinese } from './problem-words.ts';
import { type PushDesk, registerPushPages } from './pushes-page.tsx';
import { registerQueuePages } from './queue-routes.ts';
import { preferredLanguage, type Reader, tell } from './reader.ts';
import { registerSettings } from './settings.ts';
import { cookie, createSignIn, type SignIn, type SignInSettings } from './sign-in.ts';
import { registerTold } from './told-routes.tsx';

export interface ConsoleDependencies {
  client: QualificationClient;
  material: MaterialStore;
  names: CategoryNames;
  accountNames: AccountNames;
  assignments: CaseAssignments;
  pushes: PushDesk;
  imports: Imports;
  rules: RuleBook;
  signIn: SignInSettings;
  /** The WeChat of this installation is not the real one. */
  isSandbox: boolean;
  /** `WXQ_TEMPORAL_UI_URL`, without a slash at its end. */
  temporalUiUrl: string;
  /** Told of errors that mean a bug. */
  onBug: (error: unknown, where: FastifyRequest | string | undefined) => void;
  /** Told at the start when the console will answer nobody. */
  onClosed?: (reason: string) => void;
  /** In place of the case's history; for tests. */
  storyOf?: (workflowId: string) => Promise<CaseStory>;
  now?: () => Date;
  /** How long one CSV file waits for another one to be made; for tests. */
  fileWaitMs?: number;
}

/** What the pages need. */
export interface Pages extends ConsoleDependencies {
  storyOf: (workflowId: string) => Promise<CaseStory>;
  operations: CaseOperations;
  images: Material;
  signedIn: SignIn;
  /** Who asks; only behind the guard. */
  readerOf(request: FastifyRequest): Reader;
  /** Throws `ForeignForm` unless one of our own pages sent it to this very person. */
  requireOurs(request: FastifyRequest, token: unknown): void;
}

declare module 'fastify' {
  interface FastifyRequest {
    reader: Reader | null;
  }
}

/** An image of a phone has up to 12 MB. */
const maxFileBytes = 25 * 1024 * 1024;
const maxFiles = 20;

/** Everything that a page may load comes from here, and no other site may show it or send its forms. */
const securityHeaders = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const;

/** Registers `/` and everything under `/console`. The app may not listen yet. */
export function registerConsole(app: FastifyInstance, dependencies: ConsoleDependencies): void {
  const { client, now = () => new Date() } = dependencies;
  const signedIn = createSignIn(dependencies.signIn);
  if (signedIn.closed !== undefined) dependencies.onClosed?.(signedIn.closed);
  app.get('/', async (_request, reply) => reply.redirect(`${consolePrefix}/`));

  const pages: Pages = {
    ...dependencies,
    operations: createCaseOperations(client),
    storyOf: dependencies.storyOf ?? ((workflowId) => readCaseStory(client.temporal, client, workflowId)),
    images: createMaterial(dependencies.material),
    signedIn,
    readerOf(request) {
      if (request.reader === null) throw new Error(`the route ${request.url} is not guarded`);
      return request.reader;
    },
    requireOurs(request, token) {
      if (!signedIn.isOurs(request, pages.readerOf(request).name, token)) throw new ForeignForm();
    },
  };

  const languageOf = (request: FastifyRequest) => {
    const chosen = cookie(request, 'wxq_language');
    return chosen === 'zh' || chosen === 'en' ? chosen : preferredLanguage(request.headers['accept-language']);
  };

  void app.register(
    async (scope) => {
      await scope.register(formbody, { bodyLimit: 256 * 1024 });
      await scope.register(multipart, { limits: { fileSize: maxFileBytes, files: maxFiles, fields: 500, parts: 520 } });
      scope.decorateRequest('reader', null);
      scope.addHook('onRequest', async (request, reply) => {
        reply.headers({ ...securityHeaders, 'cache-control': 'no-store' });
        const person = await signedIn.personOf(request);
        const reader = {
          language: languageOf(request),
          isSandbox: dependencies.isSandbox,
          url:
            request.url.startsWith(`${consolePrefix}/`) && request.method === 'GET' ? request.url : `${consolePrefix}/`,
          now: now(),
        };
        if ('refused' in person) return refuse(reply, person.refused, reader, signedIn.closed);
        request.reader = { ...reader, ...person, token: signedIn.tokenOf(person.name) };
        const changesSomething = request.method !== 'GET' && request.method !== 'HEAD';
        if (changesSomething && !person.mayAct && request.routeOptions.url !== `${consolePrefix}/settings`)
          throw new OnlyLooking();
        const refusal = formBound(request);
        if (refusal !== undefined) throw new FormNotBounded(refusal, request.routeOptions.bodyLimit);
        return undefined;
      });
      answerErrors(scope, pages, languageOf);
      registerAssets(scope);
      registerMaterial(scope, dependencies.material);
      registerSettings(scope, pages);
      registerQueuePages(scope, pages);
      registerCasePages(scope, pages);
      registerTold(scope, pages);
      registerAssigning(scope, pages);
      registerPushPages(scope, pages);
      registerNewCase(scope, pages);
      registerImports(scope, pages);
    },
    { prefix: consolePrefix },
  );
}

/** A form that is larger than its page takes, or does not say how large it is. */
class FormNotBounded extends Error {
  override readonly name = 'FormNotBounded';
  readonly status: 411 | 413;
  readonly limit: number;

  constructor(status: 411 | 413, limit: number) {
    super(`a form may have ${limit} bytes`);
    this.status = status;
    this.limit = limit;
  }
}

/** Somebody who may only look sent a form. */
class OnlyLooking extends Error {
  override readonly name = 'OnlyLooking';
}

type Refusal = 'sign-in' | 'no-users' | 'no-name' | 'foreign';

/** Nothing of the installation is shown to whom it does not know. */
function refuse(
  reply: FastifyReply,
  refusal: Refusal,
  reader: Pick<Reader, 'language'>,
  closed: string | undefined,
): FastifyReply {
  if (refusal === 'sign-in') {
    reply.header('www-authenticate', 'Basic realm="wechat-qualification", charset="UTF-8"');
    return reply.code(401).type('text/plain; charset=utf-8').send(tell(reader, 'signIn'));
  }
  const sentences = {
    'no-users': closed ?? '',
    'no-name': tell(reader, {
      zh: '登录代理没有给出用户名（WXQ_CONSOLE_USER_HEADER），或请求没有经过受信任的代理（WXQ_TRUSTED_PROXIES）。',
      en: 'The sign-in proxy gave no name (WXQ_CONSOLE_USER_HEADER), or the request did not come through a trusted proxy (WXQ_TRUSTED_PROXIES).',
    }),
    foreign: tell(reader, {
      zh: '未设置登录时，只能用 127.0.0.1 或 localhost 打开控制台。设置 WXQ_CONSOLE_USERS 后可用其他名称。',
      en: 'Without a sign-in the console opens only as 127.0.0.1 or localhost. Set WXQ_CONSOLE_USERS to use another name.',
    }),
  };
  return reply.code(403).type('text/plain; charset=utf-8').send(sentences[refusal]);
}

function answerErrors(
  scope: FastifyInstance,
  pages: Pages,
  languageOf: (request: FastifyRequest) => Reader['language'],
): void {
  scope.setNotFoundHandler(async (request, reply) => {
    reply.headers(securityHeaders).code(404);
    return reply.type('text/plain; charset=utf-8').send(tell({ language: languageOf(request) }, 'notFound'));
  });
  scope.setErrorHandler(async (error, request, reply) => {
    const { reader } = request;
    const send = (status: number, title: string, detail?: string, advice?: string) => {
      reply.code(status);
      if (reader === null) return reply.type('text/plain; charset=utf-8').send(title);
      const next = { href: reader.url, text: 'goBack' as const };
      return reply.type('text/html; charset=utf-8').send(
        messagePage(reader, {
          title,
          ...(detail === undefined ? {} : { detail }),
          ...(advice === undefined ? {} : { advice }),
          ...(request.method === 'GET' ? {} : { next }),
        }),
      );
    };
    const language = { language: reader?.language ?? languageOf(request) };
    if (error instanceof OnlyLooking)
      return send(403, tell(language, 'onlyLooking'), undefined, tell(language, 'onlyLookingAdvice'));
    if (error instanceof ForeignForm)
      return send(403, tell(language, 'foreignPage'), undefined, tell(language, 'foreignPageAdvice'));
    if (error instanceof FormNotBounded) {
      const mb = error.limit / 1024 / 1024;
      const [title, advice] =
        error.status === 413
          ? (['formTooLarge', 'formTooLargeAdvice'] as const)
          : (['formUnbounded', undefined] as const);
      return send(error.status, tell(language, title, { mb }), undefined, advice && tell(language, advice));
    }
    const known = problemOfError(error);
    const inChinese = known !== undefined && language.language === 'zh' ? problemInChinese(known.type) : undefined;
    if (known !== undefined && inChinese !== undefined)
      return send(known.status, inChinese.title, known.workflowId ?? known.detail, inChinese.advice);
    if (known !== undefined) return send(known.status, known.title, known.detail, known.advice);
    const { statusCode, message } = error as { statusCode?: number; message?: string };
    if (statusCode !== undefined && statusCode < 500) return send(statusCode, tell(language, 'badRequest'), message);
    pages.onBug(error, request);
    return send(500, tell(language, 'bug'), undefined, tell(language, 'bugAdvice'));
  });
}
