/** What a person chooses for themselves: the language, and without a sign-in their name. Both are kept in cookies. */
import type { FastifyInstance } from 'fastify';
import type { Pages } from './console.ts';
import { consolePrefix } from './layout.tsx';

const year = 365 * 86_400;

/** `POST /settings` */
export function registerSettings(app: FastifyInstance, pages: Pages): void {
  app.post('/settings', async (request, reply) => {
    const { token, language, name, back } = (request.body ?? {}) as Record<string, unknown>;
    pages.requireOurs(request, token);
    const keep = (key: string, value: string): unknown =>
      reply.header(
        'set-cookie',
        `${key}=${encodeURIComponent(value)}; Path=${consolePrefix}; Max-Age=${year}; HttpOnly; SameSite=Strict`,
      );
    if (language === 'zh' || language === 'en') keep('wxq_language', language);
    if (pages.readerOf(request).canRename && typeof name === 'string' && name.trim() !== '')
      keep('wxq_name', name.trim().slice(0, 60));
    // Only to a page of ours: `//host` would lead away.
    const isOwn = typeof back === 'string' && back.startsWith(`${consolePrefix}/`) && !/[\\\r\n]/.test(back);
    return reply.redirect(isOwn ? back : `${consolePrefix}/`, 303);
  });
}
