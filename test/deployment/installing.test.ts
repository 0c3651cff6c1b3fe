/** docs/installing.md: each command of it names services, programs, settings and options that there are. */
import { describe, expect, test } from 'vitest';
import { run } from '../cli/run.ts';
import { commandLines, type Page, table, words } from '../docs/pages.ts';
import { compose, settingsOf, textOf } from './compose-file.ts';

const page: Page = { name: 'docs/installing.md', text: textOf('docs/installing.md') };
const services = Object.keys(compose.services);
/** Without redirections: `docker`, `compose`, then the rest. */
const lines = commandLines(page, 'docker compose').map((line) => words(line.replace(/ [<>] \S+$/, '')));
const example = settingsOf(textOf('.env.example'));

/** The service that `exec` and `run` name, and what is run there. */
function ran(rest: readonly string[]): { service: string; command: string[] } | undefined {
  if (rest[0] !== 'exec' && rest[0] !== 'run') return undefined;
  let at = 1;
  while (rest[at]?.startsWith('-')) at += rest[at] === '--entrypoint' ? 2 : 1;
  return { service: rest[at] ?? '', command: rest.slice(at + 1) };
}

test('there are commands for all that it leads through', () => {
  expect(lines.length).toBeGreaterThan(20);
  expect(new Set(lines.map((line) => line[2]))).toEqual(
    new Set(['up', 'ps', 'exec', 'logs', 'down', 'run', 'restart', 'stop', 'start', 'build']),
  );
});

test('the services that they name are those of the compose file', () => {
  for (const line of lines) {
    const [, , verb = '', ...rest] = line;
    const named =
      verb === 'exec' || verb === 'run'
        ? [ran([verb, ...rest])?.service]
        : rest.flatMap((word, index) => {
            if (rest[index - 1] === '--scale') return [word.split('=')[0]];
            return word.startsWith('-') || rest[index - 1] === '--since' ? [] : [word];
          });
    for (const name of named) expect(services, line.join(' ')).toContain(name);
  }
});

describe('wxq in a container', () => {
  const commands = lines.flatMap((line) => {
    const found = ran(line.slice(2));
    if (found === undefined || line.includes('--entrypoint')) return [];
    // `run` puts what is behind the service to the image's own entry point, which is wxq.
    if (line[2] === 'run') return [found.command];
    return found.command[0] === 'wxq' ? [found.command.slice(1)] : [];
  });

  test.each(commands.map((command) => [command.join(' '), command] as const))('wxq %s', async (_line, command) => {
    const [verb = '', ...rest] = command;
    const help = await run([verb, '--help']);
    expect(help).toMatchObject({ status: 0, stdout: expect.stringContaining(`Usage: wxq ${verb} `) });
    const known = help.stdout.match(/--[a-z-]+/g) ?? [];
    for (const option of rest.filter((word) => word.startsWith('--'))) expect(known).toContain(option);
  });

  test('there are some', () => {
    expect(commands.length).toBeGreaterThan(8);
  });
});

test('the settings that it names are in .env.example', () => {
  const named = [...page.text.matchAll(/\b((?:WXQ|TEMPORAL|COMPOSE|POSTGRES|GRAFANA)_[A-Z_]*[A-Z])\b/g)].map(
    ([name]) => name,
  );
  expect(named.length).toBeGreaterThan(15);
  // Of the topology's build, which no process of ours reads.
  const others = ['TEMPORAL_SERVER_BUILD_DIR'];
  expect([...new Set(named)].filter((name) => !example.has(name) && !others.includes(name))).toEqual([]);
});

test('ports and times in its tables are those of the compose file', () => {
  for (const { ports = [] } of Object.values(compose.services))
    for (const port of ports) {
      const published = /^127\.0\.0\.1:(\d+):/.exec(port)?.[1];
      if (published !== undefined && published !== '8090') expect(page.text).toContain(`:${published}`);
    }
  const rows = table(page, 'What runs');
  for (const [name, { stop_grace_period: grace }] of Object.entries(compose.services))
    if (grace !== undefined) {
      const [, , stops] = rows.find(([named]) => named?.includes(`\`${name}\``)) ?? [];
      expect(stops, name).toContain(grace.replace(/s$/, ' s'));
    }
});
