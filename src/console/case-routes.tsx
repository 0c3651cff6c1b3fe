/** The addresses of one case: its page, its form, and what can be asked of it. Nothing is done to a case that has moved. */
import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { renderToString } from 'preact-render-to-string';
import { corrected } from '../client/case-story.ts';
import { InvalidCaseError, QualificationError } from '../client/index.ts';
import { resubmissionFindings } from '../client/resubmission.ts';
import type { Action, CaseView, Resubmission } from '../contract/qualification.ts';
import { parseWorkflowId } from '../contract/workflow-id.ts';
import { actionPaths, withdrawDocument } from './case-actions.tsx';
import { caseRunOf, caseUrl, seenOf, sinceOf } from './case-address.ts';
import { Case, type CaseShown, caseDocument, Head } from './case-page.tsx';
import type { Pages } from './console.ts';
import { Findings } from './findings.tsx';
import { document, messagePage } from './layout.tsx';
import { changesNothing, type FormData, readMendForm, resubmissionOf, withoutEqualImages } from './mend.ts';
import { MendForm, Problems } from './mend-form.tsx';
import { placesOf } from './places.ts';
import { noticeOf } from './queue-routes.ts';
import { tell } from './reader.ts';
import type { Word } from './words.ts';

const route = '/cases/:platform/:appId/:categoryId';

export function registerCasePages(app: FastifyInstance, pages: Pages): void {
  const { client, operations, names, accountNames, assignments, storyOf } = pages;

  async function shownOf(request: FastifyRequest): Promise<CaseShown> {
    const workflowId = idOf(request);
    const [view, story] = await Promise.all([operations.view(workflowId), storyOf(workflowId)]);
    names.lookFor([view]);
    accountNames.lookFor([view.appId]);
    const said = (request.query as { said?: unknown }).said;
    const notices: Record<string, Word> = {
      done: 'done',
      asked: 'askedNow',
      begun: 'begun',
      existing: 'existing',
      toldAgain: 'toldAgain',
    };
    const word = typeof said === 'string' && Object.hasOwn(notices, said) ? notices[said] : undefined;
    const notice = word === undefined ? noticeOf(request.query) : { kind: 'good' as const, text: word };
    return {
      reader: pages.readerOf(request),
      view,
      story,
      category: names.pathOf(view.platform, view.categoryId),
      papers: names.papersOf(view.platform, view.categoryId),
      account: accountNames.nameOf(view.appId),
      // Without the database the case is there all the same.
      assignments: await assignments.all(caseRunOf(story)).catch(() => undefined),
      temporalUrl: `${pages.temporalUiUrl}/namespaces/${encodeURIComponent(client.namespace)}/workflows/${encodeURIComponent(workflowId)}/${story.runId}/history`,
      key: randomUUID(),
      ...(notice === undefined ? {} : { notice }),
    };
  }

  app.get(route, async (request, reply) => {
    const { part, seen } = request.query as { part?: unknown; seen?: unknown };
    const shown = await shownOf(request);
    reply.type('text/html; charset=utf-8');
    if (part === 'case') return reply.send(renderToString(<Case {...shown} />));
    if (part === 'head')
      return reply.send(renderToString(<Head {...shown} {...(typeof seen === 'string' ? { seen } : {})} />));
    return reply.send(caseDocument(shown));
  });

  app.get(`${route}/withdraw`, async (request, reply) => {
    const shown = await shownOf(request);
    if (!shown.view.canDo.includes('withdraw')) return reply.redirect(caseUrl(shown.view.workflowId), 303);
    return reply.type('text/html; charset=utf-8').send(withdrawDocument(shown));
  });

  for (const [action, path] of Object.entries(actionPaths) as [Exclude<Action, 'resubmit'>, string][]) {
    app.post(`${route}/${path}`, async (request, reply) => {
      const { token, seen, key, note, force, auditId } = (request.body ?? {}) as Record<string, string | undefined>;
      pages.requireOurs(request, token);
      const workflowId = idOf(request);
      if (await hasMoved(workflowId, seen)) return moved(request, reply);
      const body =
        action === 'withdraw'
          ? { ...(note?.trim() ? { note: note.trim() } : {}), ...(force === 'yes' ? { force: true } : {}) }
          : action === 'adopt' && auditId?.trim()
            ? { auditId: auditId.trim() }
            : {};
      await operations.act(
        workflowId,
        action,
        { ...body, ...sinceOf(seen) },
        { by: pages.readerOf(request).name, key: keyOf(key) },
      );
      return reply.redirect(`${caseUrl(workflowId)}?said=${action === 'readAuditNow' ? 'asked' : 'done'}`, 303);
    });
  }

  const formOf = (request: FastifyRequest): Promise<FormData> =>
    readMendForm(request.parts(), pages.images, (token) =>
      pages.signedIn.isOurs(request, pages.readerOf(request).name, token),
    );

  app.post(`${route}/mend`, { bodyLimit: maxFormBytes }, async (request, reply) => {
    const form = await formOf(request);
    const workflowId = idOf(request);
    const view = await operations.view(workflowId);
    if (form.values.get('seen') !== seenOf({ view })) return moved(request, reply);
    const { resubmission, problems } = wishOf(request, form, view.material);
    if (problems.length > 0) return formAgain(request, reply, form, <Problems problems={problems} />, 422);
    await operations.act(
      workflowId,
      'resubmit',
      { ...resubmission, ...sinceOf(form.values.get('seen')) },
      {
        by: pages.readerOf(request).name,
        key: keyOf(form.values.get('key')),
      },
    );
    return reply.redirect(`${caseUrl(workflowId)}?said=done`, 303);
  });

  app.post(`${route}/check`, { bodyLimit: maxFormBytes }, async (request, reply) => {
    const form = await formOf(request);
    const material = form.images.size === 0 ? [] : (await operations.view(idOf(request))).material;
    const { resubmission, problems } = wishOf(request, form, material);
    const found = problems.length > 0 ? <Problems problems={problems} /> : await check(request, resubmission);
    if (request.headers['hx-request'] === undefined) return formAgain(request, reply, form, found, 200);
    return reply.type('text/html; charset=utf-8').send(renderToString(found));
  });

  /** What the category's rules say to the input as the form would leave it; a worker compares. */
  async function check(request: FastifyRequest, resubmission: Resubmission) {
    const reader = pages.readerOf(request);
    const workflowId = idOf(request);
    const { input } = await storyOf(workflowId);
    try {
      const { findings } = await client.check(corrected(workflowId, input, resubmission));
      return <Findings reader={reader} findings={findings} />;
    } catch (error) {
      if (!(error instanceof QualificationError)) throw error;
      // It can be sent all the same: the case itself checks again.
      return <Problems problems={[`${tell(reader, 'cannotCheck')}${error.message} ${error.advice}`]} />;
    }
  }

  /** What the form asks for, and why that cannot be sent. An image that stands there already is no change. */
  function wishOf(
    request: FastifyRequest,
    given: FormData,
    material: CaseView['material'],
  ): { resubmission: Resubmission; problems: string[] } {
    const reader = pages.readerOf(request);
    const { form, equal } = withoutEqualImages(given, material);
    const resubmission = resubmissionOf(form);
    if (form.problems.length > 0)
      return { resubmission, problems: form.problems.map((problem) => problem[reader.language]) };
    if (changesNothing(resubmission)) {
      const same = equal.map((path) => `${path} ${tell(reader, 'sameImage')}`);
      return { resubmission, problems: same.length > 0 ? same : [tell(reader, 'nothingChosen')] };
    }
    const platform = parseWorkflowId(idOf(request))?.platform ?? 'channels-shop';
    const found = resubmissionFindings(platform, resubmission);
    const inWords = ({ path, message, zh }: (typeof found)[number]): string =>
      reader.language === 'zh' && zh !== undefined ? zh : `${path} ${message}`;
    return { resubmission, problems: found.map(inWords) };
  }

  /** The form with what was chosen in it: without a script a person must not choose the files again. */
  async function formAgain(
    request: FastifyRequest,
    reply: FastifyReply,
    form: FormData,
    found: preact.JSX.Element,
    status: number,
  ) {
    const shown = await shownOf(request);
    const { reader, view, story, key } = shown;
    const url = caseUrl(view.workflowId);
    const body = (
      <>
        <Head {...shown} />
        {found}
        <MendForm
          reader={reader}
          url={url}
          seen={form.values.get('seen') ?? seenOf(shown)}
          formKey={key}
          groups={placesOf(story.input, view.material, shown.papers)}
          chosen={form.images}
          values={form.values}
        />
        <a href={url}>{tell(reader, 'goBack')}</a>
      </>
    );
    return reply
      .code(status)
      .type('text/html; charset=utf-8')
      .send(document({ reader, title: tell(reader, 'mendHere'), children: body }));
  }

  /** The case is looked at just before it is asked; between the two, the case itself refuses what does not fit it. */
  async function hasMoved(workflowId: string, seen: string | undefined): Promise<boolean> {
    return seen !== seenOf({ view: await operations.view(workflowId) });
  }

  function moved(request: FastifyRequest, reply: FastifyReply) {
    const reader = pages.readerOf(request);
    return reply
      .code(409)
      .type('text/html; charset=utf-8')
      .send(
        messagePage(reader, {
          title: tell(reader, 'moved'),
          advice: tell(reader, 'movedAdvice'),
          next: { href: caseUrl(idOf(request)), text: 'goOn' },
        }),
      );
  }
}

const maxFormBytes = 200 * 1024 * 1024;

/** Repeating a form is harmless: its key names the Update. */
const keyOf = (key: string | undefined): string | undefined =>
  key !== undefined && /^[\w-]{8,80}$/.test(key) ? `console-${key}` : undefined;

/** The workflow id in the address. @throws InvalidCaseError */
export function idOf(request: FastifyRequest): string {
  const { platform, appId, categoryId } = request.params as Record<string, string>;
  const workflowId = `${platform}/${appId}/${categoryId}`;
  if (parseWorkflowId(workflowId) === undefined)
    throw new InvalidCaseError([{ path: '', message: `There is no case ${workflowId}.` }]);
  return workflowId;
}
