/** The form that mends a case: every image can be replaced, every text changed; checked at once, sent as one resubmission. */
import { Notice, Token } from './layout.tsx';
import { type Place, type PlaceGroup, shownText } from './places.ts';
import { type Reader, tell } from './reader.ts';
import { Picture, thumbnailUrl } from './thumbnails.tsx';

export interface MendFormShown {
  reader: Reader;
  /** Of the case. */
  url: string;
  seen: string;
  formKey: string;
  groups: readonly PlaceGroup[];
  /** Uploaded a moment ago, path -> sha256: a form that comes back must not ask for the files again. */
  chosen?: ReadonlyMap<string, string>;
  /** What was written a moment ago. */
  values?: ReadonlyMap<string, string>;
}

export function MendForm({
  reader,
  url,
  seen,
  formKey,
  groups,
  chosen = new Map(),
  values = new Map(),
}: MendFormShown) {
  return (
    <form
      id="mend"
      method="post"
      action={`${url}/mend`}
      encType="multipart/form-data"
      hx-post={`${url}/check`}
      hx-trigger="change"
      hx-target="#checked"
      hx-encoding="multipart/form-data"
      hx-sync="this:replace"
    >
      <Token reader={reader} />
      <input type="hidden" name="seen" value={seen} />
      <input type="hidden" name="key" value={`${formKey}-resubmit`} />
      {groups.map((group) => (
        <fieldset>
          <legend>{group.title[reader.language]}</legend>
          <div class="images">
            {group.places
              .filter(({ kind }) => kind === 'image')
              .map((place) => (
                <ImagePlace reader={reader} place={place} chosen={chosen.get(place.path)} />
              ))}
          </div>
          {group.places
            .filter(({ kind }) => kind !== 'image')
            .map((place) => (
              <TextPlace reader={reader} place={place} written={values.get(`text:${place.path}`)} />
            ))}
        </fieldset>
      ))}
      <p>
        <label>
          {tell(reader, 'note')} <input name="note" value={values.get('note')} maxLength={1000} />
        </label>
      </p>
      <p>
        <label>
          <input type="checkbox" name="force" value="yes" checked={values.get('force') === 'yes'} />{' '}
          {tell(reader, 'force')}
        </label>
      </p>
      <div id="checked" aria-live="polite" />
      <p class="send">
        <button type="submit" formAction={`${url}/check`} class="second">
          {tell(reader, 'check')}
        </button>{' '}
        <button type="submit" class="first">
          {tell(reader, 'send')}
        </button>
      </p>
    </form>
  );
}

function ImagePlace({ reader, place, chosen }: { reader: Reader; place: Place; chosen: string | undefined }) {
  const isFree = place.value === '';
  return (
    <div class="place" data-drop="">
      {!isFree && <Picture reader={reader} place={place} />}
      <label>
        {tell(reader, isFree ? 'addImage' : 'replaceBy')}
        <input type="file" name={`file:${place.path}`} accept="image/jpeg,image/png,image/gif" />
      </label>
      {chosen !== undefined && (
        <>
          <img src={thumbnailUrl(chosen)} alt={place.label[reader.language]} width={180} height={180} />
          <input type="hidden" name={`chosen:${place.path}`} value={chosen} />
        </>
      )}
      {!isFree && (
        <label>
          <input type="checkbox" name="remove" value={place.path} /> {tell(reader, 'removeIt')}
        </label>
      )}
    </div>
  );
}

function TextPlace({ reader, place, written }: { reader: Reader; place: Place; written: string | undefined }) {
  const { path, label, kind } = place;
  return (
    <p>
      <label>
        {label[reader.language]}{' '}
        <input
          name={`text:${path}`}
          value={written ?? shownText(reader, place)}
          maxLength={1000}
          placeholder={kind === 'date' ? tell(reader, 'dateHint') : undefined}
        />
      </label>
      <input type="hidden" name={`was:${path}`} value={shownText(reader, place)} />
    </p>
  );
}

/** Something about the form that a person has to see before it is sent. */
export function Problems({ problems }: { problems: readonly string[] }) {
  return (
    <Notice kind="bad">
      <ul>
        {problems.map((problem) => (
          <li>{problem}</li>
        ))}
      </ul>
    </Notice>
  );
}
