/** Writes docs/openapi.json from the routes of the API: `npm run docs:openapi`. A test fails when the file is stale. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fastify from 'fastify';
import { type ApiDependencies, apiPrefix, registerApi } from '../src/api/api.ts';

/** The document as the server gives it under `/v1/openapi.json`. Nothing is asked: no route is called. */
export async function openApiText(): Promise<string> {
  const app = fastify();
  const unused = {} as Pick<ApiDependencies, 'client' | 'records' | 'material'>;
  registerApi(app, { ...unused, access: { tokens: [], host: '127.0.0.1' }, onBug: () => undefined });
  await app.ready();
  const { body } = await app.inject(`${apiPrefix}/openapi.json`);
  await app.close();
  return `${JSON.stringify(JSON.parse(body), undefined, 2)}\n`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  await writeFile(join(process.cwd(), 'docs', 'openapi.json'), await openApiText());
