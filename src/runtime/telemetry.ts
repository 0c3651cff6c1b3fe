/** Sets up the SDK's process-wide Runtime: our log, and metrics for Prometheus. */
import { type Logger, temporalLogger } from './logger.ts';
import { nextFreePort } from './ports.ts';

export interface TelemetryOptions {
  logger: Logger;
  /** Serve the SDK's metrics: the port wanted (the next free one if taken) and the host. Absent: no metrics. */
  metrics?: { port: number; host: string };
  /** Bounds of histograms of our own, by name; the SDK's are for milliseconds. */
  buckets?: Record<string, number[]>;
}

/**
 * Installs the Runtime; call it once per process, before any native connection. The Runtime handles no signals: a
 * process stops its worker itself, after its HTTP intake and before its connections (`shutdown.ts`).
 * @returns where the metrics are served.
 * @throws IllegalStateError of the SDK when a Runtime is installed already.
 */
export async function installTelemetry(options: TelemetryOptions): Promise<{ metricsUrl?: string }> {
  const { makeTelemetryFilterString, Runtime } = await import('@temporalio/worker');
  const { metrics } = options;
  // Looked for first, because the native part gives no port back and fails on one that is taken.
  const bound =
    metrics === undefined ? undefined : { host: metrics.host, port: await nextFreePort(metrics.port, metrics.host) };
  Runtime.install({
    logger: temporalLogger(options.logger),
    shutdownSignals: [],
    telemetryOptions: {
      logging: { filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }), forward: {} },
      ...(bound === undefined
        ? {}
        : {
            metrics: {
              prometheus: {
                bindAddress: `${bound.host}:${bound.port}`,
                ...(options.buckets === undefined ? {} : { histogramBucketOverrides: options.buckets }),
              },
            },
          }),
    },
  });
  return bound === undefined ? {} : { metricsUrl: `http://${bound.host}:${bound.port}/metrics` };
}
