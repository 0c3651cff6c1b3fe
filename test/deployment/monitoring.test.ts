/** Prometheus and Grafana files: Prometheus' own program checks them, every alert is once made to fire, and every metric in them exists. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { documentedMetrics, metricNamesIn } from '../docs/metrics-page.ts';
import { type AlertScene, alertScenes } from './alert-scenes.ts';

const root = join(import.meta.dirname, '../..');
const textOf = (name: string): string => readFileSync(join(root, name), 'utf8');

interface Rule {
  alert: string;
  expr: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}
const rules = (parse(textOf('docker/prometheus/alerts.yml')) as { groups: { rules: Rule[] }[] }).groups.flatMap(
  (group) => group.rules,
);

interface Panel {
  id: number;
  title: string;
  type: string;
  description?: string;
  targets?: { expr: string; datasource: { uid: string } }[];
}
const dashboards = readdirSync(join(root, 'docker/grafana/dashboards')).map((name) => ({
  name,
  ...(JSON.parse(textOf(`docker/grafana/dashboards/${name}`)) as { uid: string; panels: Panel[] }),
}));
const panels = dashboards.flatMap((dashboard) => dashboard.panels);

/** Debian's package `prometheus` has it; `.ci/run` sees to that. */
function promtool(...args: string[]): { status: number | null; said: string } {
  const { error, status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8', timeout: 60_000 });
  if (error !== undefined) throw error;
  return { status, said: stdout + stderr };
}

function temporaryFile(name: string, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'wxq-prometheus-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

/** Scenes as files of `promtool test rules`, one for each pace. */
function ruleTests(scenes: readonly AlertScene[], alerts: string): string[] {
  const paces = new Set(scenes.map(({ everyMinutes = 1 }) => everyMinutes));
  return [...paces].map((pace) =>
    temporaryFile(
      'scenes.yml',
      stringify({
        rule_files: [alerts],
        evaluation_interval: `${pace}m`,
        tests: scenes.filter(({ everyMinutes = 1 }) => everyMinutes === pace).map(ruleTest),
      }),
    ),
  );
}

const ruleTest = ({ name, series, minutes, firing }: AlertScene): object => ({
  name,
  interval: '1m',
  input_series: Object.entries(series).map(([one, values]) => ({ series: one, values })),
  promql_expr_test: [
    {
      expr: 'count by (alertname) (ALERTS{alertstate="firing"})',
      eval_time: `${minutes}m`,
      exp_samples: Object.entries(firing).map(([alertname, value]) => ({
        labels: `{alertname="${alertname}"}`,
        value,
      })),
    },
  ],
});

describe('Prometheus', () => {
  test('its own program takes configuration and rules', () => {
    const config = promtool('check', 'config', join(root, 'docker/prometheus/prometheus.yml'));
    expect(config, config.said).toMatchObject({ status: 0 });
    expect(config.said).toContain(`${rules.length} rules found`);
  });

  test('every alert fires when it should, and no other does', { timeout: 60_000 }, () => {
    const files = ruleTests(alertScenes, join(root, 'docker/prometheus/alerts.yml'));
    const { status, said } = promtool('test', 'rules', ...files);
    expect(status, said).toBe(0);
    const tried = new Set(alertScenes.flatMap(({ firing }) => Object.keys(firing)));
    expect(rules.map(({ alert }) => alert).filter((alert) => !tried.has(alert))).toEqual([]);
  });

  test('a rule that is wrong is noticed', () => {
    const wrong = textOf('docker/prometheus/alerts.yml').replace(
      'wxq_notifications_undelivered) > 0',
      'wxq_nothing) > 0',
    );
    const alerts = temporaryFile('alerts.yml', wrong);
    const scenes = alertScenes.filter(({ firing }) => 'WxqNotificationsUndelivered' in firing);
    const { status, said } = promtool('test', 'rules', ...ruleTests(scenes, alerts));
    expect([status, said]).toEqual([1, expect.stringContaining('WxqNotificationsUndelivered')]);
    const unreadable = temporaryFile('alerts.yml', wrong.replace('> 0', '> >'));
    expect(promtool('check', 'rules', unreadable).status).not.toBe(0);
  });

  test.each(rules)('$alert says what it is, how urgent, and what leads out', ({ alert, labels, annotations }) => {
    expect(alert).toMatch(/^Wxq[A-Z]/);
    expect(labels.severity).toMatch(/^(page|ticket)$/);
    for (const name of ['summary', 'description', 'runbook'])
      expect(annotations[name]?.length, name).toBeGreaterThan(15);
  });
});

describe('Grafana', () => {
  test('dashboards read from the data source that is provisioned, and each panel says what it shows', () => {
    const { datasources } = parse(textOf('docker/grafana/provisioning/datasources/prometheus.yml')) as {
      datasources: { uid: string }[];
    };
    const uids = datasources.map(({ uid }) => uid);
    expect(panels.length).toBeGreaterThan(10);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    for (const { title, type, description, targets = [] } of panels.filter((panel) => panel.type !== 'row')) {
      expect(description, title).toBeTruthy();
      expect(targets.length, `${title} (${type})`).toBeGreaterThan(0);
      for (const { datasource } of targets) expect(uids, title).toContain(datasource.uid);
    }
  });

  test('Prometheus understands every expression', () => {
    const exprs = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
    const file = temporaryFile(
      'panels.yml',
      stringify({ groups: [{ name: 'panels', rules: exprs.map((expr, n) => ({ record: `panel:${n}`, expr })) }] }),
    );
    const { status, said } = promtool('check', 'rules', file);
    expect(status, said).toBe(0);
  });
});

test('every metric of dashboards and alerts stands in docs/metrics.md', () => {
  const known = documentedMetrics();
  const exprs = [
    ...rules.map(({ expr }) => expr),
    ...panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
  ];
  const used = new Set(exprs.flatMap(metricNamesIn));
  expect(used.size).toBeGreaterThan(20);
  // Prometheus' own.
  used.delete('up');
  expect([...used].filter((name) => !known.has(name))).toEqual([]);
});
