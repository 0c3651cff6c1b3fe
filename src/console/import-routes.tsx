/** `/imports`: a CSV file with its images is uploaded, looked at, and begun when a person says so. */
import type { Multipart } from '@fastify/multipart';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { renderToString } from 'preact-render-to-string';
import { ImportFileError, readTable } from '../importing/import-file.ts';
import type { PreviewRow } from '../importing/preview.ts';
import { resultHead, resultLine } from '../importing/result-lines.ts';
import type { RowResult } from '../importing/start-rows.ts';
import type { KeptImport } from '../store/imports.ts';
import type { Pages } from './console.ts';
import {
  type ImportShown,
  importDocument,
  importsDocument,
  importsUrl,
  importUrl,
  isWorking,
  Progress,
  rowsPerPage,
} from './import-page.tsx';
import { importWords } from './import-words.ts';
import { createImportWork, digestOfFile, type ImportContent, type ImportProblem, nameOf } from './import-work.ts';
import { messagePage } from './layout.tsx';
import { ForeignForm } from './mend.ts';
import { tell } from './reader.ts';

const maxCsvBytes = 8 * 1024 * 1024;
const maxUploadBytes = 512 * 1024 * 1024;
const maxFiles = 1_000;
const listedImports = 30;

export function registerImports(app: FastifyInstance, pages: Pages): void {
  const { imports } = pages;
  const work = createImportWork(pages);
  app.addHook('preClose', () => work.close());

  app.get('/imports', async (request, reply) =>
    reply
      .type('text/html; charset=utf-8')
      .send(importsDocument({ reader: pages.readerOf(request), found: await imports.list(listedImports) })),
  );

  app.get('/imports/example.csv', async (_request, reply) =>
    reply
      .header('content-disposition', 'attachment; filename="cases.csv"')
      .type('text/csv; charset=utf-8')
      .send(exampleCsv),
  );

  app.post('/imports', { bodyLimit: maxUploadBytes }, async (request, reply) => {
    const reader = pages.readerOf(request);
    const refuse = (title: string, detail?: string, advice?: string) =>
      reply
        .code(422)
        .type('text/html; charset=utf-8')
        .send(
          messagePage(reader, {
            title,
            ...(detail === undefined ? {} : { detail }),
            ...(advice === undefined ? {} : { advice }),
            next: { href: importsUrl, text: importWords.back },
          }),
        );
    const { csv, fileName, images, problems } = await readUpload(request, pages);
    if (csv === undefined) return refuse(tell(reader, importWords.noFile));
    if (problems.length > 0) return refuse(tell(reader, importWords.cannotRead), problems.join('\n'));
    try {
      const { rows } = readTable(csv);
      const content: ImportContent = { csv: csv.toString('base64'), images: Object.fromEntries(images) };
      const id = await imports.add({
        fileName,
        digest: digestOfFile(csv),
        content: JSON.stringify(content),
        total: rows.length,
        by: reader.name,
      });
      await work.check(id, reader.name);
      return reply.redirect(importUrl(id), 303);
    } catch (error) {
      if (!(error instanceof ImportFileError)) throw error;
      const sentences = error.problems.map((problem) => problem[reader.language]).join('\n');
      return refuse(tell(reader, importWords.cannotRead), sentences, error.advice[reader.language]);
    }
  });

  app.get('/imports/:id', async (request, reply) => {
    const kept = await found(request);
    if (kept === undefined) return missing(request, reply);
    reply.type('text/html; charset=utf-8');
    const { part } = request.query as { part?: unknown };
    if (part !== 'progress') return reply.send(importDocument(await shownOf(request, kept)));
    // Once it is over, the page asks for itself: what is to be shown then is another one.
    if (!isWorking(kept)) return reply.header('hx-refresh', 'true').send('');
    return reply.send(renderToString(<Progress reader={pages.readerOf(request)} kept={kept} />));
  });

  for (const action of ['check', 'start'] as const)
    app.post(`/imports/:id/${action}`, async (request, reply) => {
      const { token } = (request.body ?? {}) as Record<string, unknown>;
      pages.requireOurs(request, token);
      const kept = await found(request);
      if (kept === undefined) return missing(request, reply);
      const reader = pages.readerOf(request);
      // Pressed twice, or by two people: one works at it, and both see how far it is.
      await work[action](kept.id, reader.name);
      return reply.redirect(importUrl(kept.id), 303);
    });

  app.post('/imports/:id/stop', async (request, reply) => {
    const { token } = (request.body ?? {}) as Record<string, unknown>;
    pages.requireOurs(request, token);
    const kept = await found(request);
    if (kept === undefined) return missing(request, reply);
    const { name } = pages.readerOf(request);
    const { stoppedBy, stoppedAdvice } = importWords;
    const problem: ImportProblem = {
      zh: tell({ language: 'zh' }, stoppedBy, { name }),
      en: tell({ language: 'en' }, stoppedBy, { name }),
      advice: stoppedAdvice,
    };
    await work.stop(kept.id, problem);
    return reply.redirect(importUrl(kept.id), 303);
  });

  app.get('/imports/:id/results.csv', async (request, reply) => {
    const kept = await found(request);
    if (kept === undefined) return missing(request, reply);
    const results = await resultsOf(kept);
    const name = kept.fileName.replace(/\.csv$/i, '').replaceAll(/[^\p{L}\p{N}._-]+/gu, '_');
    return reply
      .header('content-disposition', `attachment; filename*=UTF-8''${encodeURIComponent(`${name}.results.csv`)}`)
      .type('text/csv; charset=utf-8')
      .send(resultHead + results.map(resultLine).join(''));
  });

  async function found(request: FastifyRequest): Promise<KeptImport | undefined> {
    const { id } = request.params as { id: string };
    return /^[0-9a-f-]{36}$/.test(id) ? await imports.find(id) : undefined;
  }

  const missing = (request: FastifyRequest, reply: FastifyReply) =>
    reply
      .code(404)
      .type('text/html; charset=utf-8')
      .send(
        messagePage(pages.readerOf(request), {
          title: tell(pages.readerOf(request), importWords.missing),
          next: { href: importsUrl, text: importWords.back },
        }),
      );

  const resultsOf = async ({ id }: KeptImport): Promise<RowResult[]> =>
    (await imports.results(id)).map((text) => JSON.parse(text) as RowResult);

  async function shownOf(request: FastifyRequest, kept: KeptImport): Promise<ImportShown> {
    const { page, only } = request.query as { page?: unknown; only?: unknown };
    const isBegun = kept.confirmedBy !== undefined;
    const preview =
      kept.hasPreview && !isBegun && kept.stage !== 'checking' ? await imports.preview(kept.id) : undefined;
    const wanted = /^\d{1,4}$/.test(String(page)) ? Number(page) : 1;
    return {
      reader: pages.readerOf(request),
      kept,
      earlier: isBegun ? undefined : await imports.earlier(kept.id),
      rows: preview === undefined ? undefined : (JSON.parse(preview) as PreviewRow[]),
      results: isBegun && (page !== undefined || !isWorking(kept)) ? await resultsOf(kept) : undefined,
      onlyFindings: only === 'findings',
      page: Math.min(Math.max(1, wanted), Math.max(1, Math.ceil(kept.total / rowsPerPage))),
    };
  }
}

interface Upload {
  csv: Buffer | undefined;
  fileName: string;
  /** file name -> sha256 */
  images: Map<string, string>;
  problems: string[];
}

/** Nothing is kept before the token has been seen. @throws ForeignForm */
async function readUpload(request: FastifyRequest, pages: Pages): Promise<Upload> {
  const upload: Upload = { csv: undefined, fileName: '', images: new Map(), problems: [] };
  const reader = pages.readerOf(request);
  let isOurs = false;
  const parts: AsyncIterable<Multipart> = request.parts({ limits: { files: maxFiles, parts: maxFiles + 20 } });
  for await (const part of parts) {
    if (part.type === 'field') {
      if (part.fieldname === 'token') isOurs = pages.signedIn.isOurs(request, reader.name, part.value);
      continue;
    }
    if (!isOurs) throw new ForeignForm();
    const bytes = await part.toBuffer();
    if (bytes.byteLength === 0 && part.filename === '') continue;
    if (part.fieldname === 'csv') {
      const name = nameOf(part.filename).slice(0, 200);
      if (bytes.byteLength > maxCsvBytes)
        upload.problems.push(tell(reader, importWords.tooLarge, { name, mb: maxCsvBytes / 1024 / 1024 }));
      Object.assign(upload, { csv: bytes, fileName: name });
      continue;
    }
    const kept = await pages.images.keep(bytes, part.filename);
    if ('problem' in kept) upload.problems.push(kept.problem[reader.language]);
    else {
      const name = nameOf(part.filename);
      // Which of the two a row means could only be guessed.
      if ((upload.images.get(name) ?? kept.sha256) !== kept.sha256)
        upload.problems.push(tell(reader, importWords.twoImages, { name }));
      upload.images.set(name, kept.sha256);
    }
  }
  if (!isOurs) throw new ForeignForm();
  return upload;
}

/** With a byte order mark, or Excel reads Chinese in the machine's own code page. */
const exampleCsv = `\ufeff${[
  'appId,componentAppId,category,intent,auditId,externalId,licenses/1/2/images,licenses/1/2/validUntil,certificates/《因私出入境中介机构经营许可证》/images,#备注',
  'wx5a2d8f1c3b7e9046,,6201,新办,,A-1,business-licence.jpg,2031-12-31,,图片和文件一起上传，或填写 https: 地址',
  'wx5a2d8f1c3b7e9046,,6202,接管,9007199254741001,A-2,,,,已在审核中的申请：只跟踪，不提交',
  'wx1f6b3d8a5c2e7094,wx7c4e0b9d2a6f8135,8-39,新办,,M-1,,,page-1.jpg|page-2.jpg,',
].join('\r\n')}\r\n`;
