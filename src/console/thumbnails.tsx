/** Material as a person looks at it: thumbnails of our own copies, texts beside them. */
import { imageChangeInChinese } from '../rules/image-change.ts';
import { consolePrefix } from './layout.tsx';
import { type Place, type PlaceGroup, shownText } from './places.ts';
import { type Reader, tell } from './reader.ts';

export const thumbnailUrl = (sha256: string): string => `${consolePrefix}/material/${sha256}/thumbnail`;
export const originalUrl = (sha256: string): string => `${consolePrefix}/material/${sha256}`;

/** The material of a case that can't be mended now. */
export function MaterialGroups({ reader, groups }: { reader: Reader; groups: readonly PlaceGroup[] }) {
  return (
    <>
      {groups.map(({ title, places }) => (
        <fieldset>
          <legend>{title[reader.language]}</legend>
          <div class="images">
            {places
              .filter(({ kind, value }) => kind === 'image' && value !== '')
              .map((place) => (
                <Picture reader={reader} place={place} />
              ))}
          </div>
          <Texts reader={reader} places={places} />
        </fieldset>
      ))}
    </>
  );
}

function Texts({ reader, places }: { reader: Reader; places: readonly Place[] }) {
  const texts = places.filter(({ kind, value }) => kind !== 'image' && value !== '');
  if (texts.length === 0) return null;
  return (
    <dl>
      {texts.map((place) => (
        <>
          <dt>{place.label[reader.language]}</dt>
          <dd>{shownText(reader, place)}</dd>
        </>
      ))}
    </dl>
  );
}

/** One image: our copy upright, the whole file by a click. */
export function Picture({ reader, place }: { reader: Reader; place: Place }) {
  const { label, sha256, value, seen, path } = place;
  const name = value.split(/[/\\]/).at(-1)?.split('?')[0] ?? '';
  return (
    <figure>
      {sha256 === undefined ? (
        <div class="no-copy">{tell(reader, 'noCopy')}</div>
      ) : (
        <a href={originalUrl(sha256)} title={tell(reader, 'original')}>
          <img
            src={thumbnailUrl(sha256)}
            alt={`${label[reader.language]} ${path}`}
            width={180}
            height={180}
            loading="lazy"
          />
        </a>
      )}
      <figcaption>
        {label[reader.language]}
        {seen?.bytes !== undefined && <span class="quiet"> {Math.ceil(seen.bytes / 1024)} KB</span>}
        {!name.startsWith('material:') && <div class="quiet name">{name}</div>}
        {seen?.note !== undefined && (
          <div class="quiet">{reader.language === 'zh' ? imageChangeInChinese(seen.note) : seen.note}</div>
        )}
      </figcaption>
    </figure>
  );
}
