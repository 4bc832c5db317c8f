import { join } from 'node:path';
import type { Database } from './db/port.ts';
import type { Governance } from './governance/governance.ts';
import { createTables } from './governance/tables.ts';
import { createFeedback, type Feedback } from './inference-log/feedback.ts';
import type { InferenceTables } from './inference-log/inference-table.ts';
import { createInferenceTables } from './inference-log/inference-tables.ts';
import { createLakeTables } from './inference-log/lake-tables.ts';
import { createMaintenance } from './inference-log/maintenance.ts';
import { openPipeline } from './inference-log/pipeline.ts';
import type { InferenceLog } from './inference-log/recorder.ts';
import type { Clock } from './kernel/clock.ts';
import { AppError } from './kernel/errors.ts';
import { openLocalNamedFiles } from './objects/local/local-named-files.ts';
import { parseLocation } from './objects/location.ts';
import type { NamedFiles } from './objects/named-files.ts';
import type { OpenLakeTable } from './statements/lake-tables.ts';

/** Where tables and the journal are kept: the settings of that name. */
export interface InferenceLogSettings {
  readonly home: string;
  readonly tablesDestination: string | undefined;
  readonly artifactsDestination: string | undefined;
  readonly storeEndpoint: string | undefined;
  readonly azureAccountKey: string | undefined;
}

export interface InferenceLogDependencies {
  readonly db: Database;
  readonly clock: Clock;
  readonly settings: InferenceLogSettings;
  readonly governance: Pick<Governance, 'write' | 'ownership'>;
  onError(error: unknown): void;
}

export interface InferenceLogSurface {
  readonly tables: InferenceTables;
  /**
   * Where this process writes the requests to an endpoint; undefined where they are not kept: it uses no table, or one
   * that is switched off or has failed.
   */
  openLog(endpointNo: number): Promise<InferenceLog | undefined>;
  readonly feedback: Feedback;
  readonly openLakeTable: OpenLakeTable;
  /** Of this process, in Prometheus' text format: bytes that wait in its journal, and rows since its start. */
  renderMetrics(): string;
  start(): void;
  /** Brings in what there is, for some seconds. */
  stop(): Promise<void>;
}

/** Puts the way of an answer into its table together, and how the table is read. */
export async function composeInferenceLog(
  dependencies: InferenceLogDependencies,
): Promise<InferenceLogSurface> {
  const { db, clock, settings, governance, onError } = dependencies;
  const files = await openTableFiles(settings, clock);
  const announced = (nodeId: string): string => `journal ${nodeId}`;
  const pipeline = await openPipeline({
    journal: join(settings.home, 'inference-journal'),
    files,
    clock,
    isNodeAlive: (nodeId) => db.read((sql) => db.isPresent(sql, announced(nodeId))),
    onFailed: (tableId, error) => tables.fail(tableId, error.message),
    isKept: (tableId) => tables.keepsFiles(tableId),
    onError,
  });
  await db.announce(announced(pipeline.nodeId));
  const catalog = createTables({ db, clock, write: governance.write, ownership: governance.ownership });
  const tables = createInferenceTables({ db, clock, catalog, pipeline });
  const feedback = createFeedback({ db, clock, tables, pipeline });
  const maintenance = createMaintenance({ db, clock, pipeline, tables, feedback, onError });
  return {
    tables,
    async openLog(endpointNo) {
      const inUse = await tables.prepare(endpointNo);
      const table = inUse.find(({ status, enabled }) => status === 'READY' && enabled);
      return table && pipeline.recorder.open(table);
    },
    feedback,
    openLakeTable: createLakeTables({ catalog, tables, pipeline }),
    renderMetrics() {
      const { journalBytes, counts } = pipeline.recorder;
      return [
        '# HELP slipway_inference_journal_bytes Requests to endpoints that wait for their table.',
        '# TYPE slipway_inference_journal_bytes gauge',
        `slipway_inference_journal_bytes ${journalBytes}`,
        '# HELP slipway_inference_rows_total Requests to endpoints, by whether they are kept for their table.',
        '# TYPE slipway_inference_rows_total counter',
        `slipway_inference_rows_total{outcome="written"} ${counts.written}`,
        `slipway_inference_rows_total{outcome="dropped"} ${counts.dropped}`,
        '',
      ].join('\n');
    },
    start() {
      pipeline.handOver.start();
      maintenance.start();
    },
    async stop() {
      await maintenance.stop();
      await pipeline.close();
      await files.close();
    },
  };
}

/** Where tables lie: the setting, else beside the artifacts where these are in a bucket, else in the home folder. */
async function openTableFiles(settings: InferenceLogSettings, clock: Clock): Promise<NamedFiles> {
  const { home, tablesDestination, artifactsDestination, storeEndpoint, azureAccountKey } = settings;
  const isInBucket = /^(s3|gs|wasbs|abfss):/i.test(artifactsDestination ?? '');
  const preset = isInBucket ? `${artifactsDestination!.replace(/\/+$/, '')}/tables` : join(home, 'tables');
  const place = parseLocation(tablesDestination ?? preset, { field: 'tables', relativeTo: process.cwd() });
  const endpoint = storeEndpoint === undefined ? {} : { endpoint: storeEndpoint };
  switch (place.kind) {
    case 'file':
      return openLocalNamedFiles({ folder: place.path, clock });
    case 's3': {
      const { openS3NamedFiles } = await import('./objects/s3/s3-named-files.ts');
      return openS3NamedFiles({ bucket: place.bucket, prefix: place.prefix, ...endpoint });
    }
    case 'gs': {
      const { openGcsNamedFiles } = await import('./objects/gcs/gcs-named-files.ts');
      return openGcsNamedFiles({ bucket: place.bucket, prefix: place.prefix, clock, ...endpoint });
    }
    case 'wasbs':
    case 'abfss': {
      const { openAzureNamedFiles } = await import('./objects/azure/azure-named-files.ts');
      const { account, container, domain, path } = place;
      return openAzureNamedFiles({
        account,
        container,
        prefix: path.replace(/^\/+/, ''),
        endpoint: storeEndpoint ?? `https://${account}.${domain}`,
        ...(azureAccountKey !== undefined && { accountKey: azureAccountKey }),
        clock,
      });
    }
    default:
      throw new AppError('InvalidArgument', '--tables: expected a folder, s3://, gs:// or wasbs://.', {
        field: 'tables',
      });
  }
}
