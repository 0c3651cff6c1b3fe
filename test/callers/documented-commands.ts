/** The commands of docs/http-api.md, with the status below each and the operation that it calls. */
import { blocks, textOf } from '../docs/pages.ts';

export const page = { name: 'docs/http-api.md', text: textOf('docs/http-api.md') };
export const { paths } = JSON.parse(textOf('docs/openapi.json')) as {
  paths: Record<string, Record<string, { operationId: string }>>;
};

/** In the page, for the run that nobody can know beforehand. */
export const exampleRunId = '019abc';

export interface Command {
  text: string;
  status: string;
  operationId: string | undefined;
}

export const commands: Command[] = blocks(page, 'sh').flatMap((block) =>
  [...block.matchAll(/^(curl [\s\S]*?)\n# (\d{3})$/gm)].map(([, text = '', status = '']) => ({
    text,
    status,
    operationId: operationOf(text),
  })),
);

/** Which operation of the OpenAPI document a command calls. */
function operationOf(command: string): string | undefined {
  const [, path = ''] = /"\$API(\/[^"?]*)/.exec(command) ?? [];
  const method = / (-X POST|-d|-F|--data-binary) /.test(command) ? 'post' : 'get';
  const found = Object.entries(paths).find(([template]) =>
    new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(`/v1${path}`),
  );
  return found?.[1][method]?.operationId;
}
