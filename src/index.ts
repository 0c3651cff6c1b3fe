/** The public surface of the package: the typed client, its types and its errors; nothing else. */
export * from './client/index.ts';
