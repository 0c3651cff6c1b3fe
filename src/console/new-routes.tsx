/** `/new`: finds the category in the account's own trees, and starts the case that its form describes. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { renderToString } from 'preact-render-to-string';
import { QualificationError } from '../client/index.ts';
import type { ChannelsShopInput } from '../contract/channels-shop.ts';
import { patchChannelsShop, patchMiniProgram } from '../contract/material-path.ts';
import type { MiniProgramInput } from '../contract/mini-program.ts';
import type { ListedCategory, ShopRules } from '../rules/category-rules.ts';
import { findMiniProgramCategory } from '../rules/mini-program.ts';
import { findShopCategory } from '../rules/shop-tree.ts';
import { shopTemplate } from '../rules/template.ts';
import { WeChatError } from '../wechat/errors.ts';
import { caseUrl } from './case-address.ts';
import { listedPaths, treePaths } from './category-paths.ts';
import type { Pages } from './console.ts';
import { Findings } from './findings.tsx';
import { messagePage } from './layout.tsx';
import { type FormData, readMendForm, resubmissionOf } from './mend.ts';
import { Problems } from './mend-form.tsx';
import { type Asked, type Chosen, type KnownAccounts, newDocument } from './new-page.tsx';
import { tell } from './reader.ts';
import type { InBoth } from './words.ts';

interface Account {
  appId: string;
  componentAppId?: string;
}

/** The rules that a form is made of. Each throws `WeChatError`. */
export interface RuleBook {
  accounts(): KnownAccounts;
  shopTrees(account: Account): Promise<Pick<ShopRules, 'cats' | 'catsV2'>>;
  shop(account: Account, leaf: string): Promise<ShopRules>;
  miniProgramCategories(account: Account): Promise<ListedCategory[]>;
}

const maxFound = 50;
const maxFormBytes = 200 * 1024 * 1024;

export function registerNewCase(app: FastifyInstance, pages: Pages): void {
  const { rules, operations, client } = pages;

  app.get('/new', async (request, reply) => {
    const reader = pages.readerOf(request);
    const chosen = chosenOf(request.query);
    const shown = { reader, chosen, accounts: rules.accounts() };
    reply.type('text/html; charset=utf-8');
    const { appId, category } = chosen;
    if (appId === undefined) return reply.send(newDocument(shown));
    try {
      const paths = await pathsOf(chosen, appId);
      if (category === undefined) return reply.send(newDocument({ ...shown, found: search(paths, chosen.text) }));
      const asked = await askedBy(chosen, appId, category);
      if (asked === undefined) return reply.send(newDocument({ ...shown, found: search(paths, category) }));
      return reply.send(newDocument({ ...shown, asked, category: paths.get(category) }));
    } catch (error) {
      if (!(error instanceof WeChatError)) throw error;
      const problem = {
        text: `${tell(reader, 'rulesMissing')}: ${error.message}`,
        advice: error.advice[reader.language],
      };
      return reply.code(502).send(newDocument({ ...shown, problem }));
    }
  });

  app.post('/new', { bodyLimit: maxFormBytes }, async (request, reply) => {
    const reader = pages.readerOf(request);
    const made = inputOf(await formOf(request));
    if ('problems' in made)
      return reply
        .code(422)
        .type('text/html; charset=utf-8')
        .send(
          messagePage(reader, {
            title: tell(reader, 'badRequest'),
            detail: made.problems.map((problem) => problem[reader.language]).join('\n'),
          }),
        );
    const { workflowId, existing } = await operations.start(made.input, { by: reader.name });
    return reply.redirect(`${caseUrl(workflowId)}?said=${existing ? 'existing' : 'begun'}`, 303);
  });

  app.post('/new/check', { bodyLimit: maxFormBytes }, async (request, reply) => {
    const reader = pages.readerOf(request);
    const made = inputOf(await formOf(request));
    reply.type('text/html; charset=utf-8');
    if ('problems' in made)
      return reply.send(
        renderToString(<Problems problems={made.problems.map((problem) => problem[reader.language])} />),
      );
    try {
      const { findings } = await client.check(made.input);
      return reply.send(renderToString(<Findings reader={reader} findings={findings} />));
    } catch (error) {
      if (!(error instanceof QualificationError)) throw error;
      const problem = `${tell(reader, 'cannotCheck')}${error.message} ${error.advice}`;
      return reply.send(renderToString(<Problems problems={[problem]} />));
    }
  });

  const formOf = (request: FastifyRequest): Promise<FormData> =>
    readMendForm(request.parts(), pages.images, (token) =>
      pages.signedIn.isOurs(request, pages.readerOf(request).name, token),
    );

  /** Of a shop and of a Mini Program: only one of them answers for an account. A platform's account may be either. */
  async function pathsOf(chosen: Chosen, appId: string): Promise<ReadonlyMap<string, string>> {
    const account = accountOf(chosen, appId);
    const isShop = chosen.via === undefined || !chosen.category?.includes('-');
    const shop = isShop ? await rules.shopTrees(account).catch(asNone) : undefined;
    if (shop !== undefined && !(shop instanceof WeChatError)) {
      const leaves = new Set(
        [...shop.cats, ...shop.catsV2].flat().flatMap(({ catId, isLeaf }) => (isLeaf === false ? [] : [catId])),
      );
      const paths = [...treePaths(shop.cats), ...treePaths(shop.catsV2)];
      return new Map(paths.filter(([id]) => leaves.has(id)));
    }
    if (chosen.via !== undefined) return listedPaths(await rules.miniProgramCategories(account));
    throw shop instanceof WeChatError ? shop : new TypeError('a Mini Program is called by a platform');
  }

  async function askedBy(chosen: Chosen, appId: string, category: string): Promise<Asked | undefined> {
    const account = accountOf(chosen, appId);
    const [first = '', second] = category.split('-');
    if (second !== undefined) {
      const categories = await rules.miniProgramCategories(account);
      const listed = findMiniProgramCategory({ categories, setting: { categories: [] } }, first, second);
      return listed && { platform: 'mini-program', listed };
    }
    const found = await rules.shop(account, category);
    const known = findShopCategory(found, category);
    const template = shopTemplate({ appId }, category, found);
    if (known === undefined || template === undefined) return undefined;
    const listed = found.detail?.brandIds ?? [];
    return {
      platform: 'channels-shop',
      category: template.input.category,
      groups: known.groups,
      tips: known.tips,
      isDirected: found.detail?.accessPermitRequired === true,
      ...(found.detail?.isLimitBrand === true
        ? {
            brands: (found.brands ?? [])
              .filter(({ brandId }) => listed.length === 0 || listed.includes(brandId))
              .map(({ brandId, chName, enName }) => ({ brandId, name: chName ?? enName ?? brandId })),
          }
        : {}),
    };
  }
}

const accountOf = ({ via }: Chosen, appId: string): Account => ({
  appId,
  ...(via === undefined ? {} : { componentAppId: via }),
});

/** Refused for a shop: it may be a Mini Program. */
function asNone(error: unknown): WeChatError {
  if (error instanceof WeChatError) return error;
  throw error;
}

function chosenOf(query: unknown): Chosen {
  const given = query as Record<string, unknown>;
  const pick = (name: keyof Chosen, pattern: RegExp): Partial<Chosen> => {
    const value = given[name];
    return typeof value === 'string' && pattern.test(value.trim()) ? { [name]: value.trim() } : {};
  };
  return {
    ...pick('appId', /^wx[0-9A-Za-z]{6,30}$/),
    ...pick('via', /^wx[0-9A-Za-z]{6,30}$/),
    ...pick('text', /^.{1,100}$/),
    ...pick('category', /^[1-9]\d{0,19}(-[1-9]\d{0,19})?$/),
  };
}

/** By a part of the path or the id itself; the shortest paths first. */
function search(paths: ReadonlyMap<string, string>, text = ''): (readonly [string, string])[] {
  const wanted = text.toLowerCase();
  return [...paths]
    .filter(([id, path]) => id === text || path.toLowerCase().includes(wanted))
    .sort(([, a], [, b]) => a.length - b.length || (a < b ? -1 : 1))
    .slice(0, maxFound);
}

function problemInBoth({ path, message }: { path: string; message: string }): InBoth {
  const zh = message.includes('YYYY-MM-DD') ? '必须是日期 YYYY-MM-DD 或 长期' : message;
  return { zh: `${path} ${zh}`, en: `${path} ${message}` };
}

type Made = { input: ChannelsShopInput | MiniProgramInput } | { problems: InBoth[] };

/** The input that a form describes: an empty one with every place set that was filled in. */
export function inputOf(form: FormData): Made {
  if (form.problems.length > 0) return { problems: form.problems };
  const { values } = form;
  const [appId = '', category = ''] = [values.get('appId'), values.get('category')];
  const via = values.get('via');
  const externalId = values.get('externalId')?.trim();
  const about = {
    appId,
    ...(via ? { via: { componentAppId: via } } : {}),
    ...(externalId ? { externalId } : {}),
  };
  const isChosen = (path: string): boolean => {
    const [head = '', group = '', licence = ''] = path.split('/');
    return head !== 'licenses' || values.get(`licence:${group}`) === licence;
  };
  const { set = {} } = resubmissionOf({
    values: new Map([...values].filter(([name]) => name.startsWith('text:') && isChosen(name.slice('text:'.length)))),
    remove: [],
    images: new Map([...form.images].filter(([path]) => isChosen(path))),
  });
  const [first = '', second] = category.split('-');
  const patched =
    second === undefined
      ? patchChannelsShop(emptyShopCase(form, about, category), { set })
      : patchMiniProgram({ ...about, first, second, certificates: [] }, { set });
  return 'input' in patched ? patched : { problems: patched.problems.map(problemInBoth) };
}

function emptyShopCase({ values, brands }: FormData, about: Account, leaf: string): ChannelsShopInput {
  const [level1, level2, level3] = ['level1', 'level2', 'level3'].map((name) => values.get(name));
  return {
    ...about,
    category: level1 && level2 && level3 ? { level1, level2, level3 } : { leaf },
    ...(brands.length === 0 ? {} : { brandIds: brands }),
    material:
      values.get('material') === 'certificate'
        ? { form: 'certificate', certificate: [] }
        : { form: 'licenses', licenses: [] },
  };
}
