/** The real PNG and JPEG files of `examples/`, found from source and from `dist/`. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The absolute path of a picture in `examples/images`. */
export const exampleImage = (name: string): string => join(packageFolder(import.meta.dirname), 'examples/images', name);

/** The next folder upwards that holds a package.json; `dist/` holds none. */
function packageFolder(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder;
  const above = dirname(folder);
  if (above === folder) throw new Error('the folder of this package was not found');
  return packageFolder(above);
}
