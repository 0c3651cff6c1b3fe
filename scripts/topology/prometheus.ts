/** Prometheus beside the topology: the rules and intervals of docker/prometheus, with addresses in place of names. */
import { access, cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { parse, stringify } from 'yaml';
import { createPart, type Part } from './part.ts';
import { root } from './temporal.ts';

export interface PrometheusOptions {
  program: string;
  /** For its data, settings and log. */
  folder: string;
  port: number;
  /** For each job of docker/prometheus/prometheus.yml but its own: `host:port`. */
  targets: Record<string, string[]>;
}

interface ScrapeJob {
  job_name: string;
  dns_sd_configs?: unknown;
  static_configs?: { targets: string[] }[];
}

/** The program on PATH, as Debian's package `prometheus` has it. */
export async function prometheusProgram(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  for (const folder of (env.PATH ?? '').split(delimiter)) {
    const path = join(folder, 'prometheus');
    if (
      await access(path).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  return undefined;
}

/** @throws Error when it does not take the files as they are. */
export async function startPrometheus(options: PrometheusOptions): Promise<Part & { url: string }> {
  const { program, folder, port, targets } = options;
  const home = join(folder, 'prometheus');
  await cp(join(root, 'docker/prometheus'), home, { recursive: true });
  const settings = parse(await readFile(join(home, 'prometheus.yml'), 'utf8')) as { scrape_configs: ScrapeJob[] };
  const address = `127.0.0.1:${port}`;
  for (const job of settings.scrape_configs) {
    const own = job.job_name === 'prometheus' ? [address] : targets[job.job_name];
    if (own === undefined) throw new Error(`The topology has nothing for the job ${job.job_name} of prometheus.yml`);
    delete job.dns_sd_configs;
    job.static_configs = [{ targets: own }];
  }
  await writeFile(join(home, 'prometheus.yml'), stringify(settings));
  await mkdir(join(home, 'data'));
  const url = `http://${address}`;
  const part = createPart({
    name: 'prometheus',
    program,
    args: [
      `--config.file=${join(home, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(home, 'data')}`,
      `--web.listen-address=${address}`,
    ],
    env: { HOME: home },
    log: join(folder, 'prometheus.log'),
    isReady: async () => (await fetch(`${url}/-/ready`)).ok,
    stopWithinMs: 10_000,
  });
  await part.start();
  return Object.defineProperty(part, 'url', { value: url, enumerable: true }) as Part & { url: string };
}
