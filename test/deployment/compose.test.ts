/** The compose file, the image and their scripts: read as Docker reads them, and the scripts run for real where no Docker is needed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { Connection } from '@temporalio/client';
import { Ajv } from 'ajv';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { searchAttributeTypes } from '../../src/contract/search-attributes.ts';
import { findTemporal, startDevServer } from '../../src/runtime/dev-server.ts';

interface Service {
  image: string;
  restart?: string;
  healthcheck?: { test: string[] };
  depends_on?: Record<string, { condition: string }>;
  volumes?: (string | { type: string; source: string; target: string })[];
  environment: Record<string, string>;
  ports?: string[];
  stop_grace_period?: string;
}

const root = join(import.meta.dirname, '../..');
const textOf = (name: string): Promise<string> => readFile(join(root, name), 'utf8');
let compose: { services: Record<string, Service>; volumes: Record<string, unknown> };
let composeText: string;

beforeAll(async () => {
  composeText = await textOf('docker-compose.yml');
  compose = parse(composeText, { merge: true });
});

/** One-shot: its end is what others wait for. */
function isOneShot(name: string): boolean {
  return Object.values(compose.services).some(
    (service) => service.depends_on?.[name]?.condition === 'service_completed_successfully',
  );
}

describe('docker-compose.yml', () => {
  test('a service has only keys that compose knows, in the shape that compose wants', () => {
    const duration = { type: 'string', pattern: '^\\d+(s|m)$' };
    const texts = { type: 'array', items: { type: 'string' } };
    const service = {
      type: 'object',
      required: ['image'],
      additionalProperties: false,
      properties: {
        image: { type: 'string' },
        build: { type: 'string' },
        init: { type: 'boolean' },
        restart: { type: 'string', pattern: '^(unless-stopped|on-failure:\\d+)$' },
        entrypoint: texts,
        command: texts,
        ports: texts,
        environment: { type: 'object', additionalProperties: { type: 'string' } },
        env_file: { type: 'array', items: { type: 'object', required: ['path', 'required'] } },
        stop_grace_period: duration,
        volumes: { type: 'array', items: { type: ['string', 'object'] } },
        depends_on: {
          type: 'object',
          additionalProperties: {
            type: 'object',
            required: ['condition'],
            properties: { condition: { enum: ['service_healthy', 'service_completed_successfully'] } },
          },
        },
        healthcheck: {
          type: 'object',
          required: ['test', 'interval', 'timeout', 'retries', 'start_period'],
          additionalProperties: false,
          properties: {
            test: texts,
            interval: duration,
            timeout: duration,
            start_period: duration,
            retries: { type: 'integer' },
          },
        },
      },
    };
    const check = new Ajv({ allowUnionTypes: true }).compile({
      type: 'object',
      required: ['services', 'volumes'],
      properties: { services: { type: 'object', additionalProperties: service } },
    });
    expect(check(compose), JSON.stringify(check.errors)).toBe(true);
  });

  test('every image is pinned to an exact version', () => {
    for (const { image } of Object.values(compose.services))
      expect(image).toMatch(/^[a-z/-]+:\d+\.\d+(\.\d+)?(-[a-z]+)?$/);
    const versions = Object.fromEntries(Object.values(compose.services).map(({ image }) => image.split(':')));
    expect(versions).toMatchObject({
      'temporalio/server': '1.32.0',
      'temporalio/admin-tools': '1.32.0',
      'temporalio/ui': '2.54.1',
    });
  });

  test('every service is checked for health, or runs once and is waited for', () => {
    for (const [name, service] of Object.entries(compose.services)) {
      expect(service.healthcheck !== undefined || isOneShot(name), name).toBe(true);
      expect(service.restart, name).toBeDefined();
    }
  });

  test('what a service waits for can come true', () => {
    for (const service of Object.values(compose.services)) {
      for (const [name, { condition }] of Object.entries(service.depends_on ?? {})) {
        expect(compose.services[name], name).toBeDefined();
        if (condition === 'service_healthy') expect(compose.services[name]?.healthcheck, name).toBeDefined();
      }
    }
  });

  test('worker and server start after the namespace is there, and the worker may finish its activities', () => {
    for (const name of ['worker', 'server']) {
      expect(compose.services[name]?.depends_on?.['temporal-namespace']?.condition).toBe(
        'service_completed_successfully',
      );
    }
    expect(compose.services.worker?.stop_grace_period).toBe('40s');
  });

  test('data lies in named volumes, and every file that is mounted is in the repository', async () => {
    const mounts = Object.values(compose.services).flatMap((service) => service.volumes ?? []);
    const named = mounts.flatMap((mount) =>
      typeof mount === 'object' && mount.type === 'volume' ? [mount.source] : [],
    );
    expect(new Set(named)).toEqual(new Set(Object.keys(compose.volumes)));
    expect(compose.services.postgresql?.volumes).toMatchObject([
      { type: 'volume', target: '/var/lib/postgresql/data' },
    ]);
    for (const mount of mounts) {
      if (typeof mount === 'string') await access(join(root, mount.split(':')[0] ?? ''));
    }
  });

  test('only the callback port is open to other hosts', () => {
    const open = Object.values(compose.services).flatMap((service) => service.ports ?? []);
    expect(open.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([
      expect.stringMatching(/^\$\{WXQ_CALLBACK_PUBLISH:-8080\}:8080$/),
    ]);
  });
});

const settingsText = async (): Promise<string> =>
  (await textOf('src/runtime/config.ts')) + (await textOf('src/runtime/material-settings.ts'));

describe('.env.example', () => {
  test('it has every setting that a process or the compose file reads', async () => {
    const example = await textOf('.env.example');
    const given = new Set([...example.matchAll(/^([A-Z0-9_]+)=/gm)].map((match) => match[1]));
    const read = [
      ...[...(await settingsText()).matchAll(/^\s+((?:WXQ|AWS)_[A-Z0-9_]+):/gm)].map((match) => match[1]),
      ...[...composeText.matchAll(/\$\{([A-Z0-9_]+)/g)].map((match) => match[1]),
      'TEMPORAL_ADDRESS',
      'TEMPORAL_CLI_PATH',
      'WXQ_CACHE_DIR',
    ];
    expect(read.length).toBeGreaterThan(14);
    expect(read.filter((name) => !given.has(name))).toEqual([]);
  });
});

describe('the image', () => {
  test('it starts from exact versions, runs without root, and takes no local file along that is not built', async () => {
    const dockerfile = await textOf('Dockerfile');
    const bases = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map((match) => match[1]);
    expect(bases).toEqual(Array(2).fill(expect.stringMatching(/^node:24\.\d+\.\d+-bookworm-slim$/)));
    const final = dockerfile.slice(dockerfile.lastIndexOf('FROM '));
    expect(final).toMatch(/^USER node$/m);
    expect(final.match(/^COPY (?!--from=build)/gm)).toBeNull();
    const ignored = (await textOf('.dockerignore')).split('\n');
    expect(ignored).toEqual(expect.arrayContaining(['.env', '.git', 'node_modules', 'accounts*.json']));
  });
});

describe('the namespace script', () => {
  test('it names the search attributes of the contract, no more and no fewer', async () => {
    const script = await textOf('docker/temporal/create-namespace.sh');
    const named = [...script.matchAll(/^ {2}([A-Za-z]+)=([A-Za-z]+)/gm)].map((match) => [match[1], match[2]]);
    expect(Object.fromEntries(named)).toEqual(searchAttributeTypes);
  });

  test('it makes a namespace in which a case can start, and a second run changes nothing', async () => {
    const env = { ...process.env, TEMPORAL_ADDRESS: '' };
    const found = await findTemporal({ env });
    if (!('path' in found)) throw new Error('expected a program');
    const bin = await mkdtemp(join(tmpdir(), 'wxq-compose-'));
    await symlink(found.path, join(bin, 'temporal'));
    const server = await startDevServer({ env, persistence: { kind: 'memory' } });
    try {
      for (let run = 1; run <= 2; run += 1) {
        const script = spawn('/bin/sh', [join(root, 'docker/temporal/create-namespace.sh')], {
          env: {
            PATH: [bin, process.env.PATH].join(delimiter),
            HOME: bin,
            TEMPORAL_ADDRESS: server.address,
            TEMPORAL_NAMESPACE: 'shops',
          },
        });
        let output = '';
        for (const stream of [script.stdout, script.stderr]) {
          stream.on('data', (chunk: Buffer) => {
            output += chunk;
          });
        }
        const [status] = await once(script, 'close');
        expect(status, output).toBe(0);
        expect(output).toContain('The namespace shops is ready.');
      }
      const connection = await Connection.connect({ address: server.address });
      const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace: 'shops' });
      expect(Object.keys(customAttributes)).toEqual(expect.arrayContaining(Object.keys(searchAttributeTypes)));
      await connection.close();
    } finally {
      await server.stop();
      await rm(bin, { recursive: true, force: true });
    }
  }, 90_000);
});
