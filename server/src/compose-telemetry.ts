import { readFileSync } from 'node:fs';
import type { AppError } from './kernel/errors.ts';
import { randomHexId } from './kernel/ids.ts';
import type { AnsweredRequest } from './serving/gateway/gateway-port.ts';
import { createScoringTracer } from './serving/scoring-tracer.ts';
import { createOtlpExporter } from './telemetry/otlp-exporter.ts';

/** The settings of that name. */
export interface TelemetrySettings {
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly share: number;
}

export interface Telemetry {
  /** Undefined where nobody collects spans: then a request costs nothing for it. */
  readonly onAnswered: ((request: AnsweredRequest) => void) | undefined;
  /** In Prometheus' text format. */
  renderMetrics(): string;
  /** Sends what there is, for some seconds. */
  close(): Promise<void>;
}

const CLOSE_MS = 3000;

/** Puts together what tells others of the requests to endpoints. */
export function composeTelemetry(
  settings: TelemetrySettings | undefined,
  onError: (error: AppError) => void,
): Telemetry {
  if (settings === undefined)
    return { onAnswered: undefined, renderMetrics: () => '', close: () => Promise.resolve() };
  const { endpoint, headers, share } = settings;
  // As far from the sources as from the bundle.
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  const resource = { serviceName: 'slipway', serviceVersion: version, instanceId: randomHexId() };
  const exporter = createOtlpExporter({ endpoint, headers, resource, onError });
  return {
    onAnswered: createScoringTracer({ share, random: Math.random, add: exporter.add }),
    renderMetrics() {
      const { sent, dropped } = exporter.counts();
      return [
        '# HELP slipway_otlp_spans_total Spans for the collector, by what became of them.',
        '# TYPE slipway_otlp_spans_total counter',
        `slipway_otlp_spans_total{outcome="sent"} ${sent}`,
        `slipway_otlp_spans_total{outcome="dropped"} ${dropped}`,
        '',
      ].join('\n');
    },
    close: () => exporter.close(CLOSE_MS),
  };
}
