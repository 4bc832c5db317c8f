import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenedDatabase, testedDatabases } from '../db/conformance/databases.ts';
import { createTracking, type Tracking } from '../tracking/conformance/tracking.ts';
import { createRegistry, type Registry, version } from './conformance/registry.ts';
import { createVersionTable, type VersionTable, type VersionTableRow } from './version-table.ts';

describe.each(testedDatabases())('the table of versions on $name', ({ open }) => {
  let opened: OpenedDatabase;
  let registry: Registry;
  let tracking: Tracking;
  let table: VersionTable;

  beforeAll(async () => {
    opened = await open();
    registry = createRegistry(opened.db);
    tracking = createTracking(opened.db);
    table = createVersionTable({ db: opened.db });
    await tracking.experiments.ensureDefault();
  });
  afterAll(() => opened.remove());

  const query = (name: string) => ({ name, offset: 0, limit: 100, metrics: undefined });

  const valuesOf = ({ metrics }: VersionTableRow) =>
    Object.fromEntries(Array.from(metrics, ([key, { value }]) => [key, value]));

  async function measuredRun(values: Readonly<Record<string, number>>): Promise<string> {
    const { run } = await tracking.runs.create({
      experimentNo: 0,
      name: undefined,
      userId: undefined,
      startTimeMs: undefined,
      tags: [],
    });
    const metrics = Object.entries(values).map(([key, value]) => ({ key, value, timestampMs: 1, step: 0 }));
    await tracking.runs.logBatch({ runId: run.runId, metrics, params: [], tags: [] });
    return run.runId;
  }

  it('shows versions newest first, with aliases and what their runs measured', async () => {
    await registry.models.create({ name: 'fraud', description: '', tags: [] });
    const [first, second] = [
      await measuredRun({ auc: 0.9, loss: 0.3 }),
      await measuredRun({ auc: Number.NaN }),
    ];
    const of = (runId: string) => ({
      ...version('fraud', `mlflow-artifacts:/0/${runId}/artifacts/m`),
      runId,
    });
    await registry.versions.create(of(first));
    await registry.versions.create(of(second));
    await registry.versions.create(version('fraud'));
    await registry.versions.delete('fraud', 3);
    await registry.versions.create(version('fraud'));
    await registry.aliases.set('fraud', 'champion', 1);

    const page = await table.page(query('fraud'));
    expect(page.total).toBe(3);
    expect(page.metricKeys).toEqual(['auc', 'loss']);
    expect(page.rows.map(({ details }) => [details.row.version, details.aliases])).toEqual([
      [4, []],
      [2, []],
      [1, ['champion']],
    ]);
    const [made, nan, best] = page.rows;
    expect(made!.source).toBeUndefined();
    expect(valuesOf(nan!)).toEqual({ auc: Number.NaN });
    expect(best!.source!.run.runId).toBe(first);
    expect(valuesOf(best!)).toEqual({ auc: 0.9, loss: 0.3 });
  });

  it('gives windows of the versions and only the metrics that are asked for', async () => {
    const page = await table.page({ name: 'fraud', offset: 2, limit: 1, metrics: ['loss'] });
    expect(page.rows.map((row) => [row.details.row.version, valuesOf(row)])).toEqual([[1, { loss: 0.3 }]]);
  });

  it('tells the models of one run apart by what was measured on each of them', async () => {
    await registry.models.create({ name: 'checkpoints', description: '', tags: [] });
    const runId = await measuredRun({ loss: 0.5 });
    const made = [];
    for (const value of [0.7, 0.6]) {
      const model = await tracking.loggedModels.create({
        experimentNo: 0,
        name: 'net',
        modelType: undefined,
        sourceRunId: runId,
        params: [],
        tags: [],
      });
      const point = { key: 'auc', timestampMs: 1, modelId: model.row.model_id };
      await tracking.runs.logBatch({
        runId,
        metrics: [
          { ...point, value, step: 2 },
          { ...point, value: 0.1, step: 1 },
        ],
        params: [],
        tags: [],
      });
      made.push(model.row.model_id);
    }
    for (const modelId of made) {
      await registry.versions.create({ ...version('checkpoints', `models:/${modelId}`), modelId });
    }
    const page = await table.page(query('checkpoints'));
    expect(page.metricKeys).toEqual(['auc', 'loss']);
    expect(page.rows.map(valuesOf)).toEqual([
      { auc: 0.6, loss: 0.5 },
      { auc: 0.7, loss: 0.5 },
    ]);
  });

  it('takes the last value of the run where the first one is linked to the model, and tells both', async () => {
    await registry.models.create({ name: 'trained', description: '', tags: [] });
    const runId = await measuredRun({});
    const model = await tracking.loggedModels.create({
      experimentNo: 0,
      name: 'net',
      modelType: undefined,
      sourceRunId: runId,
      params: [],
      tags: [],
    });
    const modelId = model.row.model_id;
    const points = [1.2, 0.1, 0.4].map((value, step) => ({ key: 'loss', value, timestampMs: 1, step }));
    const linked = [{ ...points[0]!, modelId }];
    await tracking.runs.logBatch({ runId, metrics: points, params: [], tags: [] });
    await tracking.runs.logBatch({ runId, metrics: linked, params: [], tags: [] });
    await registry.versions.create({ ...version('trained', `models:/${modelId}`), modelId });

    const measured = async (measure: 'last' | 'min' | 'max') => {
      const page = await table.page({ ...query('trained'), measure });
      return page.rows[0]!.metrics.get('loss');
    };
    const first = { value: 1.2, step: 0 };
    expect(await measured('last')).toEqual({ value: 0.4, step: 2, linked: first });
    expect(await measured('min')).toEqual({ value: 0.1, step: undefined, linked: first });
    expect(await measured('max')).toEqual({ value: 1.2, step: undefined, linked: first });
  });

  it('names the field of a window that cannot be, and the model that is not there', async () => {
    await expect(table.page({ ...query('fraud'), limit: 501 })).rejects.toThrow(
      /limit must be from 1 to 500/,
    );
    await expect(table.page({ ...query('fraud'), offset: -1 })).rejects.toThrow(/offset must be 0/);
    await expect(table.page(query('nobody'))).rejects.toMatchObject({ code: 'NotFound' });
  });
});
