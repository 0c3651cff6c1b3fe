/** docker-compose.yml as the tests read it: with what `.env` says put in, as compose does. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

export const root = join(import.meta.dirname, '../..');
export const textOf = (name: string): string => readFileSync(join(root, name), 'utf8');

type Mount = string | { type: string; source: string; target: string; read_only?: boolean };

export interface Service {
  image: string;
  build?: string;
  user: string;
  restart: string;
  read_only: boolean;
  cap_drop: string[];
  security_opt: string[];
  command?: string[];
  profiles?: string[];
  healthcheck?: { test: string[] };
  depends_on?: Record<string, { condition: string }>;
  volumes?: Mount[];
  environment: Record<string, string>;
  ports?: string[];
  networks?: string[];
  stop_grace_period?: string;
  deploy: { replicas?: number; resources: { limits: { cpus: string; memory: string } } };
}

export interface Compose {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
  networks: Record<string, { internal?: boolean } | null>;
}

export const composeText = textOf('docker-compose.yml');

/** The lines of an `.env` file. */
export const settingsOf = (text: string): Map<string, string> =>
  new Map([...text.matchAll(/^([A-Z0-9_]+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]));

/** `${NAME}`, `${NAME:-default}` and `${NAME:?what is wrong}`: those that this file uses. */
export function composeWith(settings: ReadonlyMap<string, string>): Compose {
  const text = composeText.replaceAll(
    /\$\{([A-Z0-9_]+)(?::([-?])([^}]*))?\}/g,
    (_all, name: string, how?: string, rest = '') => {
      const value = settings.get(name) ?? '';
      if (value === '' && how === '?') throw new Error(`required variable ${name} is missing a value: ${rest}`);
      return value === '' && how === '-' ? rest : value;
    },
  );
  return parse(text, { merge: true });
}

/** As it stands, for what does not depend on settings. */
export const compose: Compose = parse(composeText, { merge: true });

/** One-shot: its end is what others wait for. */
export const isOneShot = (name: string): boolean =>
  Object.values(compose.services).some(
    (service) => service.depends_on?.[name]?.condition === 'service_completed_successfully',
  );
