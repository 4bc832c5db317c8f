import type { Database } from '../../db/port.ts';
import { invalidArgument } from '../../kernel/errors.ts';
import { parseLocation } from '../../objects/location.ts';
import type { TransferredLoggedModel } from '../../tracking/transfer-entities.ts';
import type { ArtifactReader, ArtifactRoot } from '../artifact-reader.ts';
import type { TrackerSource } from '../source.ts';
import { openOwnSource } from '../sources/own.ts';
import type { RestClient } from '../sources/rest-client.ts';
import type { TallyResult } from '../tally.ts';
import { exportExperiments, refuseCollisions, trashExperiments } from './experiments.ts';
import { createIdMap, createSourceMap, type IdMap } from './ids.ts';
import { createLoggedModels, exportRegistry, fillLoggedModels } from './models.ts';
import { createRuns, fillRuns } from './runs.ts';
import { verifyExport } from './verification.ts';

export interface ExportOrder {
  readonly db: Database;
  readonly client: RestClient;
  /** Undefined leaves artifacts behind. */
  readonly reader: ArtifactReader | undefined;
  onProgress?(text: string): void;
}

export interface ExportResult {
  readonly written: {
    readonly runs: number;
    readonly loggedModels: number;
    readonly versions: number;
    readonly files: number;
  };
  /** False where the other server is too old to know logged models. */
  readonly hasLoggedModels: boolean;
  readonly verification: readonly TallyResult[];
}

/**
 * Copies everything to a running MLflow server by the protocol of its clients. It gives ids of its own; the tags
 * `slipway.source_run_id` and their kin say what each thing was, and let an export that was stopped go on. Times of
 * creation and the trash of logged models stay behind: the protocol has no way to say them.
 *
 * @throws AppError AlreadyExists, before anything is written, when names are taken over there; InvalidArgument where the
 * server does not take artifacts; and what the server answers.
 */
export async function exportTracker({ db, client, reader, onProgress }: ExportOrder): Promise<ExportResult> {
  const source = openOwnSource(db);
  await refuseCollisions(client, source);
  const ids = createIdMap();
  await exportExperiments(client, source, ids);
  onProgress?.('Making runs');
  await createRuns(client, source, ids);
  const hasLoggedModels = await createLoggedModels(client, source, ids);
  const sender = createSender(client, reader);

  onProgress?.('Filling runs');
  const modelMetrics = hasLoggedModels ? await readModelMetrics(source) : new Map<string, ModelMetric[]>();
  const runs = await fillRuns(client, source, {
    ids,
    contents: {
      modelMetricsOf: (runId) => modelMetrics.get(runId) ?? [],
      sendArtifacts: (run) =>
        sender.send(
          { owner: 'run', id: run.runId, location: run.artifactLocation },
          ids.runs.get(run.runId)!.artifactLocation,
        ),
    },
  });
  const loggedModels = await fillLoggedModels(client, source, {
    ids,
    sendArtifacts: (model) =>
      sender.send(
        { owner: 'logged model', id: model.modelId, location: model.artifactLocation },
        ids.models.get(model.modelId)!.artifactLocation,
      ),
  });
  const places = createSourceMap(ids, await listMoves(source, ids));
  const versions = await exportRegistry(client, source, { ids, places });
  await trashExperiments(client, source, ids);
  onProgress?.('Comparing');
  return {
    written: { runs, loggedModels, versions, files: sender.sent() },
    hasLoggedModels,
    verification: await verifyExport({ db, source, client, ids, places }),
  };
}

type ModelMetric = TransferredLoggedModel['metrics'][number] & { readonly modelId: string };

async function readModelMetrics(source: TrackerSource): Promise<ReadonlyMap<string, ModelMetric[]>> {
  const byRun = new Map<string, ModelMetric[]>();
  for await (const page of source.loggedModels()) {
    for (const { modelId, metrics, stage } of page) {
      if (stage === 'deleted') continue;
      for (const metric of metrics) {
        const list = byRun.get(metric.runId) ?? [];
        byRun.set(metric.runId, list);
        list.push({ ...metric, modelId });
      }
    }
  }
  return byRun;
}

async function listMoves(source: TrackerSource, ids: IdMap): Promise<(readonly [string, string])[]> {
  const moves: (readonly [string, string])[] = [];
  for await (const page of source.runs()) {
    for (const run of await page.load(page.runIds)) {
      moves.push([run.artifactLocation, ids.runs.get(run.runId)!.artifactLocation]);
    }
  }
  for await (const page of source.loggedModels()) {
    for (const model of page) {
      const there = ids.models.get(model.modelId);
      if (there !== undefined) moves.push([model.artifactLocation, there.artifactLocation]);
    }
  }
  return moves;
}

function createSender(client: RestClient, reader: ArtifactReader | undefined) {
  let sent = 0;
  return {
    sent: () => sent,
    async send(from: ArtifactRoot, to: string): Promise<void> {
      if (reader === undefined) return;
      for await (const { path } of reader.list(from)) {
        const location = parseLocation(to);
        if (location.kind !== 'managed') {
          throw invalidArgument(
            `The other server keeps artifacts at ${to} and does not take them itself: start it with --serve-artifacts, or export with --artifacts none.`,
          );
        }
        const target = [...location.path.split('/'), ...path.split('/')].map(encodeURIComponent).join('/');
        await client.upload(`/api/2.0/mlflow-artifacts/artifacts/${target}`, await reader.open(from, path));
        sent += 1;
      }
    },
  };
}
