/** The files that pages load: stylesheet, htmx from its package, and a script of ours. Nothing comes from outside. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { FastifyInstance } from 'fastify';
import { script } from './script.ts';
import { stylesheet } from './stylesheet.ts';

/** `/assets/…` */
export function registerAssets(app: FastifyInstance): void {
  const htmx = readFileSync(createRequire(import.meta.url).resolve('htmx.org/dist/htmx.min.js'), 'utf8');
  const files = {
    'style.css': ['text/css', stylesheet],
    'htmx.js': ['text/javascript', htmx],
    'console.js': ['text/javascript', script],
    'icon.svg': ['image/svg+xml', icon],
  } as const;
  for (const [name, [type, text]] of Object.entries(files))
    app.get(`/assets/${name}`, async (_request, reply) =>
      reply.header('cache-control', 'private, max-age=300').type(`${type}; charset=utf-8`).send(text),
    );
}

const icon =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="4" fill="#07c160"/><path d="M4 8.5 7 11l5-6" fill="none" stroke="#fff" stroke-width="2"/></svg>';
