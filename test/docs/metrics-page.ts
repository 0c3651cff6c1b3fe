/** docs/metrics.md as data, and the metrics that an expression or a scrape names. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const page = join(import.meta.dirname, '../../docs/metrics.md');

export interface DocumentedMetric {
  type: string;
  labels: string[];
}

/** Every metric of the page's tables: `| `name` | type | labels | what |`. */
export function documentedMetrics(): Map<string, DocumentedMetric> {
  const rows = readFileSync(page, 'utf8').matchAll(
    /^\| `([a-z0-9_]+)` \| (counter|gauge|histogram) \|([^|]*)\| [^|]{8,} \|$/gm,
  );
  return new Map(
    [...rows].map(([, name = '', type = '', labels = '']) => [
      name,
      { type, labels: [...labels.matchAll(/`([a-z_]+)`/g)].map(([, label = '']) => label) },
    ]),
  );
}

/** A histogram's series carry suffixes of their own. */
const familyOf = (name: string): string => name.replace(/_(bucket|sum|count)$/, '');

/** The metrics that a PromQL expression reads: names of ours, of the SDK's and of Node's. */
export const metricNamesIn = (expr: string): string[] =>
  [...expr.replaceAll(/"[^"]*"/g, '""').matchAll(/\b(?:wxq|temporal|nodejs|process)_[a-z0-9_]+\b|\bup\b/g)].map(
    ([name]) => familyOf(name),
  );

/** What a scrape shows: each family with its type, and the labels that its samples carry. */
export function scraped(text: string): Map<string, { type: string; labels: Set<string> }> {
  const families = new Map<string, { type: string; labels: Set<string> }>();
  for (const [, name = '', type = ''] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm))
    families.set(name, { type, labels: new Set() });
  for (const [, name = '', labels = ''] of text.matchAll(/^([a-z][a-z0-9_]*)(?:\{(.*)\})? \S+$/gm)) {
    const family = families.get(name) ?? families.get(familyOf(name));
    for (const [, label = ''] of labels.matchAll(/([A-Za-z_]+)="/g)) if (label !== 'le') family?.labels.add(label);
  }
  return families;
}

/** The sum of the samples of a scrape that carry these labels, among others; `undefined`: there is none. */
export function sampleOf(text: string, name: string, labels: Record<string, string>): number | undefined {
  const found = text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .filter((line) => Object.entries(labels).every(([label, value]) => line.includes(`${label}="${value}"`)))
    .map((line) => Number(line.slice(line.lastIndexOf(' '))));
  return found.length === 0 ? undefined : found.reduce((sum, one) => sum + one);
}
