/** The address of an image that was uploaded to us: `material:` and its sha256. The worker takes it from the material store. */

const grammar = /^material:([0-9a-f]{64})$/;

/** The source of an uploaded image; a case's `Image` can be this text alone. */
export const materialSource = (sha256: string): string => `material:${sha256}`;

/** The sha256 that such a source names; `undefined` for every other source. */
export const sha256OfMaterialSource = (source: string): string | undefined => grammar.exec(source)?.[1];
