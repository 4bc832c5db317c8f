import type { Database } from '../db/port.ts';
import { readModels } from '../registry/transfer.ts';
import type { TransferredModel, TransferredVersion } from '../registry/transfer-entities.ts';
import {
  readExperiments,
  readHistories,
  readLoggedModels,
  readRuns,
  readSummaries,
} from '../tracking/transfer.ts';
import type {
  TransferredExperiment,
  TransferredLoggedModel,
  TransferredRun,
} from '../tracking/transfer-entities.ts';
import type { Expectations } from './expectations.ts';
import { digestHistories, type HistoryDigest } from './history-digests.ts';
import { comparable } from './location-map.ts';
import type { RunPage, TrackerSource } from './source.ts';
import { createTally, line, type Tally, type TallyResult } from './tally.ts';

export interface VerificationContext {
  readonly db: Database;
  readonly source: TrackerSource;
  /** Experiments that kept their own name, times and tags, and took runs and further tags. */
  isMerged(experimentId: string): boolean;
  readonly expectations: Expectations;
}

const KINDS = [
  'experiments',
  'experiment tags',
  'runs',
  'params',
  'tags',
  'metrics',
  'metric points',
  'datasets of runs',
  'models of runs',
  'logged models',
  'logged model params',
  'logged model tags',
  'logged model metrics',
  'registered models',
  'registered model tags',
  'model versions',
  'model version tags',
  'aliases',
] as const;

type Tallies = Readonly<Record<(typeof KINDS)[number], Tally>>;

const pairs = (list: readonly { readonly key: string; readonly value: string }[]) =>
  list.map(({ key, value }) => line(key, value));

/** Compares everything in the source with what is here, page by page. */
export async function verifyImport(context: VerificationContext): Promise<TallyResult[]> {
  const tallies = Object.fromEntries(KINDS.map((kind) => [kind, createTally(kind)])) as unknown as Tallies;
  await verifyExperiments(context, tallies);
  for await (const page of context.source.runs()) await verifyRuns(context, page, tallies);
  await verifyLoggedModels(context, tallies);
  await verifyModels(context, tallies);
  return KINDS.map((kind) => tallies[kind].result());
}

async function verifyExperiments(context: VerificationContext, tallies: Tallies): Promise<void> {
  const here = new Map<string, TransferredExperiment>();
  for await (const page of readExperiments(context.db)) for (const e of page) here.set(e.experimentId, e);
  const facts = (e: TransferredExperiment) =>
    line(
      e.experimentId,
      e.name,
      comparable(e.artifactLocation),
      e.stage,
      e.creationTimeMs,
      e.lastUpdateTimeMs,
    );
  for await (const page of context.source.experiments()) {
    for (const original of page) {
      const wanted = context.expectations.experiment(original);
      const found = here.get(wanted.experimentId);
      const name = `experiment ${original.experimentId} '${original.name}'`;
      if (found !== undefined && context.isMerged(original.experimentId)) {
        const keys = new Set(wanted.tags.map(({ key }) => key));
        tallies.experiments.compare(name, [line(wanted.experimentId)], [line(found.experimentId)]);
        tallies['experiment tags'].compare(
          name,
          pairs(wanted.tags),
          pairs(found.tags.filter(({ key }) => keys.has(key))),
        );
        continue;
      }
      tallies.experiments.compare(name, [facts(wanted)], found === undefined ? [] : [facts(found)]);
      tallies['experiment tags'].compare(name, pairs(wanted.tags), pairs(found?.tags ?? []));
    }
  }
}

const runFacts = (r: TransferredRun) =>
  line(
    r.runId,
    r.experimentId,
    r.name,
    r.userId,
    r.status,
    r.startTimeMs,
    r.endTimeMs,
    r.stage,
    comparable(r.artifactLocation),
  );
const datasetLines = (r: TransferredRun) =>
  r.datasets.map((d) =>
    line(d.name, d.digest, d.sourceType, d.source, d.schema, d.profile, ...pairs(d.tags).toSorted()),
  );
const linkLines = (r: TransferredRun) => r.models.map((m) => line(m.direction, m.modelId, m.step));

async function verifyRuns(context: VerificationContext, page: RunPage, tallies: Tallies): Promise<void> {
  const { runIds } = page;
  const { db } = context;
  const originals = await page.load(runIds);
  const found = new Map((await db.read((sql) => readRuns(sql, runIds))).map((run) => [run.runId, run]));
  const histories = await digestHistories(page.histories(runIds));
  const historiesHere = await digestHistories(readHistories(db, runIds));
  const summaries = Map.groupBy(await db.read((sql) => readSummaries(sql, runIds)), (kept) => kept.runId);

  for (const original of originals) {
    const { runId } = original;
    const wanted = context.expectations.run(original);
    const here = found.get(runId);
    const name = `run ${runId}`;
    const linesOf = (of: (run: TransferredRun) => readonly string[]) =>
      [of(wanted), here === undefined ? [] : of(here)] as const;
    tallies.runs.compare(name, ...linesOf((run) => [runFacts(run)]));
    tallies.params.compare(name, ...linesOf((run) => pairs(run.params)));
    tallies.tags.compare(name, ...linesOf((run) => pairs(run.tags)));
    tallies['datasets of runs'].compare(name, ...linesOf(datasetLines));
    tallies['models of runs'].compare(name, ...linesOf(linkLines));

    const wantedSeries = histories.get(runId) ?? [];
    tallies.metrics.compare(
      name,
      wantedSeries.map(({ key, summary }) => summaryLine(key, summary)),
      (summaries.get(runId) ?? []).map((kept) => summaryLine(kept.key, kept)),
    );
    comparePoints(tallies['metric points'], name, [wantedSeries, historiesHere.get(runId) ?? []]);
  }
}

function summaryLine(
  key: string,
  s: Pick<HistoryDigest['summary'], 'latest' | 'count' | 'min' | 'max'>,
): string {
  return line(key, s.latest.step, s.latest.timestampMs, s.latest.value, s.count, s.min, s.max);
}

function comparePoints(
  tally: Tally,
  name: string,
  [wanted, here]: readonly [readonly HistoryDigest[], readonly HistoryDigest[]],
): void {
  const hereByKey = new Map(here.map((history) => [history.key, history]));
  const keys = new Set([...wanted, ...here].map(({ key }) => key));
  const wantedByKey = new Map(wanted.map((history) => [history.key, history]));
  for (const key of keys) {
    tally.compareWhole(
      `metric '${key}' of ${name}`,
      wholeOf(wantedByKey.get(key)),
      wholeOf(hereByKey.get(key)),
    );
  }
}

const wholeOf = (history: HistoryDigest | undefined) => ({
  count: history?.summary.count ?? 0,
  digest: history?.digest ?? '',
});

async function verifyLoggedModels(context: VerificationContext, tallies: Tallies): Promise<void> {
  const facts = (m: TransferredLoggedModel) =>
    line(
      m.modelId,
      m.experimentId,
      m.name,
      m.modelType,
      m.sourceRunId,
      m.status,
      m.statusMessage,
      m.creationTimeMs,
      m.lastUpdateTimeMs,
      m.stage,
      comparable(m.artifactLocation),
    );
  const metricLines = (m: TransferredLoggedModel) =>
    m.metrics.map((p) =>
      line(p.key, p.step, p.timestampMs, p.value, p.runId, p.datasetName, p.datasetDigest),
    );
  for await (const page of context.source.loggedModels()) {
    const ids = page.map(({ modelId }) => modelId);
    const here = await context.db.read((sql) => readLoggedModels(sql, ids));
    const found = new Map(here.map((model) => [model.modelId, model]));
    for (const original of page) {
      const wanted = context.expectations.loggedModel(original);
      const model = found.get(original.modelId);
      const name = `logged model ${original.modelId}`;
      const linesOf = (of: (model: TransferredLoggedModel) => readonly string[]) =>
        [of(wanted), model === undefined ? [] : of(model)] as const;
      tallies['logged models'].compare(name, ...linesOf((m) => [facts(m)]));
      tallies['logged model params'].compare(name, ...linesOf((m) => pairs(m.params)));
      tallies['logged model tags'].compare(name, ...linesOf((m) => pairs(m.tags)));
      tallies['logged model metrics'].compare(name, ...linesOf(metricLines));
    }
  }
}

async function verifyModels(context: VerificationContext, tallies: Tallies): Promise<void> {
  const facts = (m: TransferredModel) => line(m.name, m.description, m.creationTimeMs, m.lastUpdateTimeMs);
  const versionFacts = (v: TransferredVersion) =>
    line(
      v.version,
      v.stage,
      v.description,
      v.userId,
      v.source,
      v.storageLocation,
      v.runId,
      v.runLink,
      v.loggedModelId,
      v.status,
      v.statusMessage,
      v.creationTimeMs,
      v.lastUpdateTimeMs,
    );
  for await (const page of context.source.registeredModels()) {
    const names = page.map(({ name }) => name);
    const here = await context.db.read((sql) => readModels(sql, names));
    const found = new Map(here.map((model) => [model.name, model]));
    for (const original of page) {
      const wanted = context.expectations.model(original);
      const model = found.get(original.name);
      const name = `registered model ${original.name}`;
      const linesOf = (of: (model: TransferredModel) => readonly string[]) =>
        [of(wanted), model === undefined ? [] : of(model)] as const;
      tallies['registered models'].compare(name, ...linesOf((m) => [facts(m)]));
      tallies['registered model tags'].compare(name, ...linesOf((m) => pairs(m.tags)));
      tallies['model versions'].compare(name, ...linesOf((m) => m.versions.map(versionFacts)));
      tallies['model version tags'].compare(
        name,
        ...linesOf((m) =>
          m.versions.flatMap((v) => v.tags.map(({ key, value }) => line(v.version, key, value))),
        ),
      );
      tallies.aliases.compare(
        name,
        ...linesOf((m) => m.aliases.map(({ alias, version }) => line(alias, version))),
      );
    }
  }
}
