/** docs/openapi.json is what the server gives; every problem of the API has its place in the guide. */
import { describe, expect, test } from 'vitest';
import { openApiText } from '../../scripts/make-openapi.ts';
import { problemKinds } from '../../src/api/problem.ts';
import { textOf } from './pages.ts';

interface Operation {
  operationId: string;
  requestBody?: { required: boolean };
  responses: Record<string, { description: string; content: object }>;
}

describe('docs/openapi.json', () => {
  test('is what `npm run docs:openapi` makes of the routes; run that when this fails', async () => {
    expect(textOf('docs/openapi.json')).toBe(await openApiText());
  });

  test('is OpenAPI 3.1, whose references all lead somewhere, and whose problems are problem details', async () => {
    const text = await openApiText();
    const document = JSON.parse(text) as {
      openapi: string;
      paths: Record<string, Record<string, Operation>>;
      components: { schemas: object };
    };
    expect(document.openapi).toBe('3.1.0');
    const named = [...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name);
    expect([...new Set(named)].sort()).toEqual(Object.keys(document.components.schemas).sort());
    const operations = Object.values(document.paths).flatMap((path) => Object.values(path));
    expect(operations.map(({ operationId }) => operationId).sort()).toEqual([
      'adopt',
      'checkInput',
      'listCases',
      'listNotifications',
      'readAuditNow',
      'redeliverNotification',
      'resubmit',
      'retry',
      'startCase',
      'uploadImage',
      'viewCase',
      'viewNotification',
      'waitForResult',
      'withdraw',
    ]);
    for (const { responses } of operations)
      for (const [status, { content }] of Object.entries(responses))
        expect(Object.keys(content)).toEqual([Number(status) < 400 ? 'application/json' : 'application/problem+json']);
    const optional = operations.filter(({ requestBody }) => requestBody?.required === false);
    expect(optional.map(({ operationId }) => operationId).sort()).toEqual([
      'adopt',
      'readAuditNow',
      'retry',
      'withdraw',
    ]);
  });

  test('documents every kind of problem at some route', async () => {
    const text = await openApiText();
    for (const kind of Object.keys(problemKinds).filter((one) => !['no-such-resource', 'wrong-method'].includes(one)))
      expect(text, kind).toContain(`\`${kind}\``);
  });
});
