/** The OpenAPI 3.1 document, made from the schemas of the routes. */
import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { formFile, imageTypes } from './material.ts';
import { registry } from './schema-registry.ts';

type Json = { [key: string]: unknown };

const overview = `Carries a WeChat category qualification (类目资质) from images to verdict: see docs/http-api.md.
Every problem is \`application/problem+json\` (RFC 9457); decide by its \`type\`. Ids are strings.`;

/** Bodies that may be left out: a message that says nothing but its name. */
const optionalBodies = ['withdraw', 'retry', 'adopt', 'readAuditNow'];

/** Collects the routes that are registered after it in this scope. */
export async function collectRoutes(app: FastifyInstance): Promise<void> {
  const transformObject = createJsonSchemaTransformObject({ schemaRegistry: registry });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'wechat-qualification', version: '1', description: overview, license: { name: 'MIT' } },
      tags: [
        { name: 'cases', description: 'Start cases, find them, look at them.' },
        { name: 'actions', description: 'What a person can ask of a case.' },
        { name: 'material', description: 'Images.' },
        { name: 'notifications', description: 'What backends were told, and once more.' },
      ],
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: [{ token: [] }],
    },
    transform: createJsonSchemaTransform({ schemaRegistry: registry }),
    transformObject: (document) => finished(transformObject(document) as unknown as Json) as never,
  });
}

/** Bytes, which zod has no word for. */
const imageBody = {
  required: true,
  content: {
    ...Object.fromEntries(imageTypes.map((type) => [type, { schema: { type: 'string', format: 'binary' } }])),
    'multipart/form-data': {
      schema: {
        type: 'object',
        properties: { [formFile]: { type: 'string', format: 'binary' } },
        required: [formFile],
        additionalProperties: false,
      },
      encoding: { [formFile]: { contentType: imageTypes.join(', ') } },
    },
  },
};

/** What the routes' schemas can't say. */
function finished(document: Json): Json {
  for (const operation of operationsOf(document)) {
    const body = operation.requestBody as { required?: boolean } | undefined;
    if (body !== undefined && optionalBodies.includes(String(operation.operationId))) body.required = false;
    if (operation.operationId === 'uploadImage') operation.requestBody = imageBody;
    if (operation.operationId === 'startCase')
      Object.assign(responseOf(operation, '202'), {
        headers: { Location: { description: 'where the case is looked at', schema: { type: 'string' } } },
      });
    for (const status of Object.keys(operation.responses as Json))
      if (status === '429' || status === '503')
        Object.assign(responseOf(operation, status), {
          headers: { 'Retry-After': { description: 'seconds', schema: { type: 'integer' } } },
        });
  }
  return withoutUnused(document);
}

const operationsOf = ({ paths }: Json): Json[] =>
  Object.values(paths as Json).flatMap((path) => Object.values(path as Json)) as Json[];

const responseOf = (operation: Json, status: string): Json => (operation.responses as Json)[status] as Json;

/** Each schema is there for requests and for answers; only those that something refers to stay. */
function withoutUnused(document: Json): Json {
  const components = document.components as { schemas: Json };
  const used = new Set<string>();
  const visit = (part: unknown): void => {
    for (const [, name = ''] of JSON.stringify(part).matchAll(/"#\/components\/schemas\/([^"/]+)"/g)) {
      if (used.has(name)) continue;
      used.add(name);
      visit(components.schemas[name]);
    }
  };
  visit(document.paths);
  const schemas = Object.entries(components.schemas).filter(([name]) => used.has(name));
  return {
    ...document,
    components: { ...components, schemas: Object.fromEntries(schemas.sort(([a], [b]) => (a < b ? -1 : 1))) },
  };
}
