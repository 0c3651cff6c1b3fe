/** Where `wxq lint` finds the images of a case file: beside the file, or at their addresses. */
import type { ImageLooking } from '../../checking/image-facts.ts';
import { absoluteImage } from '../../client/sources.ts';
import { createImagePreparation } from '../../images/preparation.ts';
import { createImageFetcher } from '../../images/source.ts';
import { ImageSourceError, schemeOf } from '../../images/source-error.ts';
import { createObjectStorage } from '../../object-storage/object-storage.ts';
import type { MaterialSources, ObjectStorageSettings } from '../../runtime/material-settings.ts';

/** Where relative paths start, whether addresses are left alone, and the settings of this terminal. */
export interface LintImages {
  folder: string;
  offline: boolean;
  sources: MaterialSources;
  objectStorage?: ObjectStorageSettings | undefined;
}

/** Fetches as the worker does; but where no folders are set, a person may look at any file of theirs. */
export function lookingFrom({ folder, offline, sources, objectStorage }: LintImages): ImageLooking {
  const { areFoldersSet, folders, ...rules } = sources;
  const fetchImage = createImageFetcher(
    { ...rules, folders: areFoldersSet ? folders : 'any' },
    objectStorage === undefined ? {} : { objects: { ...objectStorage, storage: createObjectStorage(objectStorage) } },
  );
  return {
    images: createImagePreparation(),
    async read(image) {
      const absolute = absoluteImage(image, folder);
      const source = typeof absolute === 'string' ? absolute : absolute.source;
      if (offline && /^(https?|s3)$/.test(schemeOf(source) ?? ''))
        throw new ImageSourceError(
          'unavailable',
          source,
          'it was not fetched, because of --offline',
          'check once without --offline',
        );
      return fetchImage(source);
    },
  };
}
