/** The compose file: right by the specification's own schema, and by the rules that every service here keeps. */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { stopLimitMs } from '../../src/runtime/shutdown.ts';
import { workerTuning } from '../../src/worker.ts';
import { compose, composeText, isOneShot, root, textOf } from './compose-file.ts';

const services = Object.entries(compose.services);
const longRunning = services.filter(([name]) => !isOneShot(name));

test('it keeps the schema of the Compose Specification', () => {
  const { $schema: _, ...schema } = JSON.parse(textOf('test/deployment/compose-spec.json'));
  // The formats that it names are its own, and say nothing that compose would refuse.
  const check = new Ajv({ strict: false, validateFormats: false }).compile(schema);
  expect(check(compose), JSON.stringify(check.errors)).toBe(true);
  expect(check({ services: { worker: { image: 'x', comand: ['worker'] } } })).toBe(false);
});

test('there is everything that the design names', () => {
  expect(Object.keys(compose.services)).toEqual(
    expect.arrayContaining([
      ...['postgresql', 'wxq-database', 'temporal-schema', 'temporal', 'temporal-namespace', 'temporal-ui'],
      ...['worker', 'server', 'codec-server', 'prometheus', 'grafana'],
    ]),
  );
  expect(compose.services.worker?.deploy.replicas).toBe(2);
});

describe.each(services)('%s', (name, service) => {
  test('its image is pinned to an exact version', () => {
    expect(service.image).toMatch(/^[a-z/-]+:v?\d+\.\d+(\.\d+)?(-[a-z]+)?$/);
  });

  test('it runs as a user that is not root, without rights, on an image that it cannot write to', () => {
    expect(service.user).toMatch(/^[1-9]\d*:\d+$/);
    expect(service.cap_drop).toEqual(['ALL']);
    expect(service.security_opt).toEqual(['no-new-privileges:true']);
    expect(service.read_only).toBe(true);
  });

  test('it has limits, and a log that ends somewhere', () => {
    expect(service.deploy.resources.limits).toEqual({
      cpus: expect.stringMatching(/^\d+(\.\d+)?$/),
      memory: expect.stringMatching(/^\d+[MG]$/),
    });
    expect(service).toMatchObject({ logging: { options: { 'max-size': expect.any(String) } } });
  });

  test('it is checked for health and started again, or runs once and is waited for', () => {
    if (isOneShot(name)) {
      expect(service.restart).toMatch(/^on-failure:\d+$/);
      return;
    }
    expect(service.restart).toBe('unless-stopped');
    expect(service.healthcheck).toMatchObject({
      test: expect.any(Array),
      interval: expect.any(String),
      timeout: expect.any(String),
      retries: expect.any(Number),
      start_period: expect.any(String),
    });
    expect(service.stop_grace_period).toMatch(/^\d+s$/);
  });

  test('what it waits for can come true', () => {
    for (const [awaited, { condition }] of Object.entries(service.depends_on ?? {})) {
      expect(compose.services[awaited], awaited).toBeDefined();
      expect(['service_healthy', 'service_completed_successfully']).toContain(condition);
      if (condition === 'service_healthy') expect(compose.services[awaited]?.healthcheck, awaited).toBeDefined();
      // A profile that is off must not be waited for.
      expect(compose.services[awaited]?.profiles, awaited).toBeUndefined();
    }
  });

  test('its ports, but for the callbacks, are on loopback', () => {
    for (const port of service.ports ?? [])
      if (!/^\$\{WXQ_CALLBACK_PUBLISH:-8080\}:8080$/.test(port)) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
  });
});

test('no two services publish one port, and the workers, of which there are two, publish none', () => {
  const published = services.flatMap(([, { ports = [] }]) =>
    ports.map((port) => port.split(':').slice(0, -1).join(':')),
  );
  expect(new Set(published).size).toBe(published.length);
  expect(compose.services.worker?.ports).toBeUndefined();
});

test('only who needs the database is in its network, which has no way out', () => {
  expect(compose.networks.database).toEqual({ internal: true });
  const near = services.filter(([, { networks }]) => networks?.includes('database')).map(([name]) => name);
  expect(near.sort()).toEqual(
    ['codec-server', 'postgresql', 'sandbox', 'server', 'temporal', 'temporal-schema', 'worker', 'wxq-database'].sort(),
  );
  expect(compose.services.postgresql?.networks).toEqual(['database']);
  expect(compose.services.postgresql?.ports).toBeUndefined();
});

test('worker and server start after database and namespace are there', () => {
  for (const name of ['worker', 'server']) {
    for (const awaited of ['temporal-namespace', 'wxq-database'])
      expect(compose.services[name]?.depends_on?.[awaited]?.condition).toBe('service_completed_successfully');
  }
});

test('a process that is stopped has the time that it takes at most, and the worker more than its activities', () => {
  const seconds = (text = ''): number => Number(/^(\d+)s$/.exec(text)?.[1]) * 1000;
  for (const name of ['worker', 'server', 'codec-server'] as const)
    expect(seconds(compose.services[name]?.stop_grace_period), name).toBeGreaterThan(stopLimitMs[name]);
  expect(stopLimitMs.worker).toBeGreaterThan(seconds(workerTuning.shutdownForceTime));
  expect(seconds(workerTuning.shutdownForceTime)).toBeGreaterThan(seconds(workerTuning.shutdownGraceTime));
});

test('data lies in named volumes, and every file that is mounted is in the repository', async () => {
  const mounts = services.flatMap(([, { volumes = [] }]) => volumes);
  const named = mounts.flatMap((mount) => (typeof mount === 'object' && mount.type === 'volume' ? [mount.source] : []));
  expect(new Set(named)).toEqual(new Set(Object.keys(compose.volumes)));
  const fromHere = mounts.flatMap((mount) => {
    if (typeof mount === 'string') return [mount];
    return mount.type === 'bind' ? [`${/:-(.*)\}$/.exec(mount.source)?.[1]}:${mount.target}:ro`] : [];
  });
  expect(fromHere.length).toBeGreaterThan(5);
  for (const mount of fromHere) {
    expect(mount).toMatch(/:ro$/);
    await access(join(root, mount.split(':')[0] ?? ''));
  }
});

test('what keeps data has a volume where its image writes', () => {
  const places = { postgresql: '/var/lib/postgresql/data', prometheus: '/prometheus', grafana: '/var/lib/grafana' };
  for (const [name, target] of Object.entries({ ...places, worker: '/data', server: '/data' }))
    expect(compose.services[name]?.volumes).toContainEqual(expect.objectContaining({ type: 'volume', target }));
});

test('no secret stands in it', () => {
  expect(composeText).not.toMatch(/(PASSWORD|PWD|SECRET|TOKEN)\w*: (?!\$\{\w+:\?|"")/);
  expect(longRunning.length).toBeGreaterThan(7);
});
