import type { Database } from '../../db/port.ts';
import type { TransferredModel } from '../../registry/transfer-entities.ts';
import { readHistories, readRuns } from '../../tracking/transfer.ts';
import type { HistoryStretch, TransferredRun } from '../../tracking/transfer-entities.ts';
import { digestHistories, type HistoryDigest } from '../history-digests.ts';
import type { LocationMap } from '../location-map.ts';
import type { RunPage, TrackerSource } from '../source.ts';
import { openRestSource } from '../sources/rest.ts';
import type { RestClient } from '../sources/rest-client.ts';
import { readRunPages } from '../sources/rest-runs.ts';
import { createTally, line, type Tally, type TallyResult } from '../tally.ts';
import { tagValue } from './experiments.ts';
import { type IdMap, isOwnTag, mapTags, SOURCE_RUN_TAG } from './ids.ts';

export interface ExportContext {
  readonly db: Database;
  readonly source: TrackerSource;
  readonly client: RestClient;
  readonly ids: IdMap;
  readonly places: LocationMap;
}

const DELETED = 'Deleted_Internal';
const KINDS = ['runs', 'params', 'tags', 'histories', 'datasets and models of runs'] as const;
type Tallies = Readonly<Record<(typeof KINDS)[number], Tally>>;

/**
 * Reads the other server again and compares: runs whole, with every point of their metrics, and registered models with
 * versions, stages and aliases.
 */
export async function verifyExport(context: ExportContext): Promise<TallyResult[]> {
  const { client, ids } = context;
  const tallies = Object.fromEntries(KINDS.map((kind) => [kind, createTally(kind)])) as unknown as Tallies;
  const withModelInputs = ids.models.size > 0;
  const missing = new Set(ids.runs.keys());
  for (const { id } of ids.experiments.values()) {
    for await (const page of readRunPages(client, { experimentId: id, withModelInputs })) {
      for (const runId of await compareRuns(context, page, tallies)) missing.delete(runId);
    }
  }
  for (const runId of missing) tallies.runs.compare(`run ${runId}`, [line(runId)], []);
  return [...KINDS.map((kind) => tallies[kind].result()), ...(await verifyModels(context))];
}

/** Our ids of the runs of the page that came from here. */
async function compareRuns(context: ExportContext, page: RunPage, tallies: Tallies): Promise<string[]> {
  const { db } = context;
  const there = new Map<string, TransferredRun>();
  for (const run of await page.load(page.runIds)) {
    const sourceId = tagValue(run.tags, SOURCE_RUN_TAG);
    if (sourceId !== undefined) there.set(sourceId, run);
  }
  const runIds = [...there.keys()];
  const ours = await digestHistories(withoutInfinities(readHistories(db, runIds)));
  const theirs = await digestHistories(page.histories([...there.values()].map((run) => run.runId)));
  for (const run of await db.read((sql) => readRuns(sql, runIds))) {
    const name = `run ${run.runId}`;
    const other = there.get(run.runId)!;
    const wanted = expectRun(run, context);
    const linesOf = (of: (run: TransferredRun) => readonly string[]) => [of(wanted), of(other)] as const;
    tallies.runs.compare(name, ...linesOf(runLines));
    tallies.params.compare(name, ...linesOf((r) => pairs(r.params)));
    tallies.tags.compare(name, ...linesOf((r) => pairs(r.tags.filter(({ key }) => !isOwnTag(key)))));
    tallies['datasets and models of runs'].compare(name, ...linesOf(linkLines));
    const digestLines = (list: readonly HistoryDigest[] = []) =>
      list.map(({ key, digest, summary }) => line(key, summary.count, digest));
    tallies.histories.compare(name, digestLines(ours.get(run.runId)), digestLines(theirs.get(other.runId)));
  }
  return runIds;
}

const pairs = (list: readonly { readonly key: string; readonly value: string }[]) =>
  list.map(({ key, value }) => line(key, value));
const runLines = (r: TransferredRun) => [
  line(r.name, r.userId, r.status, r.startTimeMs, r.endTimeMs, r.stage),
];
const linkLines = (r: TransferredRun) => [
  ...r.datasets.map((d) =>
    line(d.name, d.digest, d.sourceType, d.source, d.schema, d.profile, ...pairs(d.tags).sort()),
  ),
  ...r.models.map((m) => line(m.direction, m.modelId, m.step)),
];

function expectRun(run: TransferredRun, { ids }: ExportContext): TransferredRun {
  return {
    ...run,
    tags: mapTags(run.tags, ids),
    models: run.models.flatMap((link) => {
      const model = ids.models.get(link.modelId);
      return model === undefined ? [] : [{ ...link, modelId: model.id }];
    }),
  };
}

/** The real server keeps infinities as the largest numbers. */
async function* withoutInfinities(histories: AsyncIterable<HistoryStretch>): AsyncGenerator<HistoryStretch> {
  for await (const { points, ...name } of histories) {
    yield {
      ...name,
      points: points.map((point) =>
        Math.abs(point.value) === Number.POSITIVE_INFINITY
          ? { ...point, value: Math.sign(point.value) * Number.MAX_VALUE }
          : point,
      ),
    };
  }
}

async function verifyModels({ client, source, places }: ExportContext): Promise<TallyResult[]> {
  const tallies = {
    models: createTally('registered models'),
    versions: createTally('model versions'),
    aliases: createTally('aliases'),
  };
  const there = new Map<string, TransferredModel>();
  for await (const page of openRestSource(client).registeredModels())
    for (const m of page) there.set(m.name, m);
  for await (const page of source.registeredModels()) {
    for (const model of page) {
      const name = `registered model ${model.name}`;
      const other = there.get(model.name);
      const versionLines = (m: TransferredModel, place: (uri: string) => string) =>
        m.versions
          .filter(({ stage }) => stage !== DELETED)
          .map((v) =>
            line(v.version, v.stage, v.description || null, place(v.source ?? ''), ...pairs(v.tags).sort()),
          );
      const modelLine = (m: TransferredModel) =>
        line(m.name, m.description || null, ...pairs(m.tags.filter(({ key }) => !isOwnTag(key))).sort());
      const aliasLines = (m: TransferredModel) => m.aliases.map(({ alias, version }) => line(alias, version));
      tallies.models.compare(name, [modelLine(model)], other === undefined ? [] : [modelLine(other)]);
      tallies.versions.compare(
        name,
        versionLines(model, places.place),
        other === undefined ? [] : versionLines(other, (uri) => uri),
      );
      tallies.aliases.compare(name, aliasLines(model), other === undefined ? [] : aliasLines(other));
    }
  }
  return Object.values(tallies).map((tally) => tally.result());
}
