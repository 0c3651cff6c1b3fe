/** The pages that begin a case: which account, which category, and a form that the category's own rules make. */
import { accessLists, type ShopCategory } from '../contract/channels-shop.ts';
import { joinPath } from '../contract/material-path.ts';
import type { FieldRule, LicenseGroup, ListedCategory } from '../rules/category-rules.ts';
import { consolePrefix, document, Notice, Token } from './layout.tsx';
import { type Reader, tell } from './reader.ts';
import { type InBoth, listWords } from './words.ts';

/** What was chosen so far; it travels in the address. */
export interface Chosen {
  appId?: string;
  /** The platform that calls for the account. */
  via?: string;
  /** Searched for. */
  text?: string;
  category?: string;
}

export interface KnownAccounts {
  shops: readonly { appId: string; name?: string | undefined }[];
  platforms: readonly { componentAppId: string; name?: string | undefined }[];
}

/** What the rules of a category ask for. */
export type Asked =
  | {
      platform: 'channels-shop';
      /** How the case names the category: by its leaf, or by the old tree's path. */
      category: ShopCategory;
      groups: readonly LicenseGroup[];
      tips: readonly string[];
      brands?: readonly { brandId: string; name: string }[];
      isDirected: boolean;
    }
  | { platform: 'mini-program'; listed: ListedCategory };

export interface NewShown {
  reader: Reader;
  chosen: Chosen;
  accounts: KnownAccounts;
  /** Categories that fit the search: id and path. */
  found?: readonly (readonly [string, string])[];
  /** The category that was chosen, and what it asks for. */
  asked?: Asked;
  category?: string | undefined;
  problem?: { text: string; advice?: string };
}

export function newDocument(shown: NewShown): string {
  const { reader, found, asked, problem } = shown;
  return document({
    reader,
    section: 'new',
    title: tell(reader, 'newCase'),
    children: (
      <>
        <h1>{tell(reader, 'newCase')}</h1>
        <Account {...shown} />
        {problem !== undefined && (
          <Notice kind="bad">
            <p>{problem.text}</p>
            {problem.advice !== undefined && <p>{problem.advice}</p>}
          </Notice>
        )}
        {found !== undefined && <Categories {...shown} found={found} />}
        {asked !== undefined && <CaseForm {...shown} asked={asked} />}
      </>
    ),
  });
}

function Account({ reader, chosen, accounts }: NewShown) {
  return (
    <form class="filter" method="get" action={`${consolePrefix}/new`}>
      <input
        name="appId"
        list="shops"
        value={chosen.appId}
        required
        placeholder={tell(reader, 'appId')}
        aria-label={tell(reader, 'newCaseFor')}
      />
      <datalist id="shops">
        {accounts.shops.map(({ appId, name }) => (
          <option value={appId}>{name}</option>
        ))}
      </datalist>
      {accounts.platforms.length > 0 && (
        <select name="via" aria-label={tell(reader, 'via')}>
          <option value="">{tell(reader, 'viaNone')}</option>
          {accounts.platforms.map(({ componentAppId, name }) => (
            <option value={componentAppId} selected={chosen.via === componentAppId}>
              {`${tell(reader, 'via')}: ${name ?? componentAppId}`}
            </option>
          ))}
        </select>
      )}
      <input
        name="text"
        value={chosen.text}
        placeholder={tell(reader, 'findCategory')}
        aria-label={tell(reader, 'findCategory')}
      />
      <button type="submit">{tell(reader, 'find')}</button>
    </form>
  );
}

function Categories({ reader, chosen, found }: NewShown & { found: readonly (readonly [string, string])[] }) {
  if (found.length === 0) return <div class="empty">{tell(reader, 'noCategory')}</div>;
  const address = (category: string): string =>
    `${consolePrefix}/new?${new URLSearchParams({
      appId: chosen.appId ?? '',
      ...(chosen.via === undefined ? {} : { via: chosen.via }),
      category,
    })}`;
  return (
    <section>
      <h2>{tell(reader, 'chooseCategory')}</h2>
      <ul>
        {found.map(([id, path]) => (
          <li>
            <a href={address(id)}>{path}</a> <span class="quiet">{id}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function CaseForm({ reader, chosen, asked, category }: NewShown & { asked: Asked }) {
  return (
    <form
      id="new"
      class="narrow"
      method="post"
      action={`${consolePrefix}/new`}
      encType="multipart/form-data"
      hx-post={`${consolePrefix}/new/check`}
      hx-trigger="change"
      hx-target="#checked"
      hx-encoding="multipart/form-data"
      hx-sync="this:replace"
    >
      <Token reader={reader} />
      <input type="hidden" name="appId" value={chosen.appId} />
      <input type="hidden" name="via" value={chosen.via} />
      <input type="hidden" name="category" value={chosen.category} />
      <h2>
        {category ?? chosen.category} <span class="quiet">{chosen.category}</span>
      </h2>
      {asked.platform === 'channels-shop' ? (
        <ShopFields reader={reader} asked={asked} />
      ) : (
        <MiniProgramFields reader={reader} listed={asked.listed} />
      )}
      <fieldset>
        <TextField label={tell(reader, 'externalId')} name="externalId" />
      </fieldset>
      <div id="checked" aria-live="polite" />
      <p class="send">
        <button type="submit" class="first">
          {tell(reader, 'start')}
        </button>
      </p>
    </form>
  );
}

function ShopFields({ reader, asked }: { reader: Reader; asked: Extract<Asked, { platform: 'channels-shop' }> }) {
  const { groups, tips, brands, isDirected, category } = asked;
  const levels = 'level1' in category ? Object.entries(category) : [];
  return (
    <>
      {/* Not "form": a form's own member of that name would be hidden by it, and htmx looks there. */}
      <input type="hidden" name="material" value={groups.length === 0 ? 'certificate' : 'licenses'} />
      {levels.map(([name, value]) => (
        <input type="hidden" name={name} value={value} />
      ))}
      {tips.map((tip) => (
        <Notice kind="plain">
          <p class="pre">{tip}</p>
        </Notice>
      ))}
      {groups.map((group) => (
        <Group reader={reader} group={group} />
      ))}
      {groups.length === 0 && (
        <fieldset>
          <legend>{tell(reader, listWords.certificate ?? { zh: '', en: '' })}</legend>
          <Files reader={reader} list="certificate" />
        </fieldset>
      )}
      {brands !== undefined && (
        <fieldset>
          <legend>{tell(reader, 'ownBrands')}</legend>
          {brands.map(({ brandId, name }) => (
            <label class="line">
              <input type="checkbox" name="brand" value={brandId} /> {name} <span class="quiet">{brandId}</span>
            </label>
          ))}
        </fieldset>
      )}
      {isDirected && (
        <fieldset>
          <legend>
            {tell(reader, 'directed')} <span class="quiet">({tell(reader, 'optional')})</span>
          </legend>
          {accessLists.map((list) => (
            <Files reader={reader} list={list} label={listWords[list]} />
          ))}
        </fieldset>
      )}
    </>
  );
}

/** One licence of a group is sent: the one that is chosen, and nothing that was written beside another. */
function Group({ reader, group }: { reader: Reader; group: LicenseGroup }) {
  const { licenseGroupId, description, isNecessary, licenses } = group;
  const name = `licence:${licenseGroupId}`;
  return (
    <fieldset>
      <legend>
        {description ?? `${tell(reader, 'group')} ${licenseGroupId}`}{' '}
        {isNecessary === false && <span class="quiet">({tell(reader, 'groupOptional')})</span>}
      </legend>
      {isNecessary === false && (
        <label class="line">
          <input type="radio" name={name} value="" checked /> {tell(reader, 'leaveOut')}
        </label>
      )}
      {licenses.map(({ licenseId, name: title, fields }, index) => {
        const base = joinPath('licenses', licenseGroupId, licenseId);
        return (
          <div class="licence">
            <label class="line">
              <input type="radio" name={name} value={licenseId} checked={isNecessary !== false && index === 0} />{' '}
              <strong>{title ?? licenseId}</strong> <span class="quiet">{licenseId}</span>
            </label>
            <Files reader={reader} list={`${base}/images`} />
            {fields.map((field) => (
              <Field reader={reader} base={base} field={field} />
            ))}
            <PaperFields reader={reader} base={base} />
          </div>
        );
      })}
    </fieldset>
  );
}

function Field({ reader, base, field }: { reader: Reader; base: string; field: FieldRule }) {
  const { key, name, isNecessary, pattern } = field;
  const label = `${name ?? key}${isNecessary === true ? '' : ` (${tell(reader, 'optional')})`}`;
  return (
    <TextField
      label={label}
      name={`text:${base}/${joinPath('fields', key)}`}
      {...(pattern === undefined ? {} : { hint: pattern })}
    />
  );
}

function MiniProgramFields({ reader, listed }: { reader: Reader; listed: ListedCategory }) {
  const alternatives = (listed.qualify?.alternatives ?? []).filter((names) => names.length > 0);
  const remark = listed.qualify?.remark?.trim();
  return (
    <>
      {remark !== undefined && remark !== '' && (
        <Notice kind="plain">
          <p class="pre">{remark}</p>
        </Notice>
      )}
      {alternatives.length > 1 && <p class="quiet">{tell(reader, 'oneOf')}</p>}
      {[...new Set(alternatives.flat().map(({ name }) => name))].map((name) => {
        const base = joinPath('certificates', name);
        return (
          <fieldset>
            <legend>{name}</legend>
            <Files reader={reader} list={`${base}/images`} />
            <PaperFields reader={reader} base={base} />
          </fieldset>
        );
      })}
    </>
  );
}

function PaperFields({ reader, base }: { reader: Reader; base: string }) {
  return (
    <>
      <TextField label={tell(reader, 'validUntil')} name={`text:${base}/validUntil`} hint={tell(reader, 'dateHint')} />
      <TextField label={tell(reader, 'holderName')} name={`text:${base}/holder/name`} />
      <TextField label={tell(reader, 'holderCode')} name={`text:${base}/holder/creditCode`} />
    </>
  );
}

function Files({ reader, list, label }: { reader: Reader; list: string; label?: InBoth | undefined }) {
  return (
    <div class="place files" data-drop="">
      <label>
        {label === undefined ? tell(reader, 'images') : tell(reader, label)}
        <input type="file" multiple name={`file:${list}/+`} accept="image/jpeg,image/png,image/gif" />
      </label>
    </div>
  );
}

function TextField({ label, name, hint }: { label: string; name: string; hint?: string }) {
  return (
    <p>
      <label>
        {label} <input name={name} maxLength={1000} placeholder={hint} />
      </label>
    </p>
  );
}
