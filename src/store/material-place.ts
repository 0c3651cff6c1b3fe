/** Opens the material store where the settings say: a folder, or a bucket. */
import { createObjectStorage, type ObjectStorageOptions } from '../object-storage/object-storage.ts';
import { createMaterialStore, type MaterialDamaged, type MaterialStore } from './material.ts';
import { createObjectMaterialStore } from './material-objects.ts';

/** @param o.place path, `file:` address or `s3://bucket/prefix`. @throws {TypeError} for another kind, or a bucket without `objectStorage`. */
export function openMaterialStore(o: {
  place: string;
  objectStorage?: ObjectStorageOptions;
  onDamaged?: (error: MaterialDamaged) => void;
}): MaterialStore {
  const { place, objectStorage, onDamaged } = o;
  const told = onDamaged === undefined ? {} : { onDamaged };
  if (!place.startsWith('s3:')) return createMaterialStore({ folder: place, ...told });
  if (objectStorage === undefined) throw new TypeError(`${place} needs a key for object storage`);
  return createObjectMaterialStore({ storage: createObjectStorage(objectStorage), place, ...told });
}
