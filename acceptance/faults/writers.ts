import { type Refusals, WireClient } from './wire-client.ts';

const POINTS_PER_BATCH = 10;
const STEPS_PER_RUN = 6;

/** What a writer was told is stored. */
interface WrittenRun {
  readonly id: string;
  readonly name: string;
  readonly values: number[];
  readonly tags: string[];
}

interface Ledger {
  readonly experimentId: string;
  readonly modelName: string;
  readonly runs: WrittenRun[];
  readonly versionSources: string[];
}

export interface Writers {
  readonly refusals: Refusals;
  /** Successful writes so far. */
  acknowledged(): number;
  /** Lets every writer finish the request it is at, sending it again where it must. */
  stop(): Promise<readonly Ledger[]>;
}

/**
 * Starts writers that create runs, log metrics singly and in batches, set tags and create model versions. No two of
 * their writes are equal, so that each can be looked for; every write is sent again until it is acknowledged.
 */
export async function startWriters(url: string, count: number): Promise<Writers> {
  const refusals: Refusals = new Map();
  let acknowledged = 0;
  let stopping = false;
  const word = `w${Date.now().toString(36)}`;

  async function write(ledger: Ledger, client: WireClient, no: number): Promise<void> {
    const post = async (path: string, body: Record<string, unknown>) => {
      const answer = await client.post(path, body);
      acknowledged += 1;
      return answer;
    };
    for (let runNo = 0; !stopping; runNo += 1) {
      const name = `${word}-${no}-${runNo}`;
      const { run } = (await post('runs/create', {
        experiment_id: ledger.experimentId,
        run_name: name,
        start_time: Date.now(),
      })) as { run: { info: { run_id: string } } };
      const written: WrittenRun = { id: run.info.run_id, name, values: [], tags: [] };
      ledger.runs.push(written);
      for (let step = 0; step < STEPS_PER_RUN && !stopping; step += 1) {
        const at = { key: 'loss', timestamp: 1_700_000_000_000 + step, step };
        const first = step * 100;
        await post('runs/log-metric', { run_id: written.id, ...at, value: first });
        written.values.push(first);
        const batch = Array.from({ length: POINTS_PER_BATCH }, (_, i) => first + 1 + i);
        const metrics = batch.map((value) => ({ ...at, value }));
        await post('runs/log-batch', { run_id: written.id, metrics });
        written.values.push(...batch);
        await post('runs/set-tag', { run_id: written.id, key: `step${step}`, value: name });
        written.tags.push(`step${step}`);
      }
      const source = `mlflow-artifacts:/${ledger.experimentId}/${written.id}/artifacts/model`;
      await post('model-versions/create', { name: ledger.modelName, source, run_id: written.id });
      ledger.versionSources.push(source);
    }
    client.close();
  }

  const clients = Array.from({ length: count }, () => new WireClient(url, refusals));
  const ledgers = await Promise.all(
    clients.map(async (client, no): Promise<Ledger> => {
      const modelName = `${word}-${no}`;
      const created = await client.post('experiments/create', { name: modelName });
      await client.post('registered-models/create', { name: modelName });
      return { experimentId: created.experiment_id as string, modelName, runs: [], versionSources: [] };
    }),
  );
  const writing = Promise.all(clients.map((client, no) => write(ledgers[no]!, client, no)));
  // Heard by stop(); until then a failed writer must not end the process.
  writing.catch(() => undefined);
  return {
    refusals,
    acknowledged: () => acknowledged,
    async stop() {
      stopping = true;
      await writing;
      return ledgers;
    },
  };
}

export interface Comparison {
  readonly lost: readonly string[];
  readonly doubled: readonly string[];
  readonly compared: number;
}

/** Reads everything back and compares it with what was acknowledged. */
export async function compareWithStore(url: string, ledgers: readonly Ledger[]): Promise<Comparison> {
  const client = new WireClient(url);
  const lost: string[] = [];
  const doubled: string[] = [];
  let compared = 0;
  const compare = (
    what: string,
    wanted: readonly (string | number)[],
    found: readonly (string | number)[],
  ) => {
    compared += wanted.length;
    const counts = new Map<string | number, number>();
    for (const item of found) counts.set(item, (counts.get(item) ?? 0) + 1);
    for (const item of wanted) {
      const count = counts.get(item) ?? 0;
      if (count === 0) lost.push(`${what} ${item}`);
      if (count > 1) doubled.push(`${what} ${item} ${count} times`);
      counts.delete(item);
    }
    for (const item of counts.keys()) doubled.push(`${what} ${item}, which nobody was told of`);
  };
  try {
    for (const ledger of ledgers) {
      const stored = await searchRuns(client, ledger.experimentId);
      compare(
        'run',
        ledger.runs.map((run) => `${run.name} ${run.id}`),
        stored.map((run) => `${run.info.run_name} ${run.info.run_id}`),
      );
      const byId = new Map(stored.map((run) => [run.info.run_id, run]));
      for (const run of ledger.runs) {
        const tags = byId.get(run.id)?.data.tags ?? [];
        compare(
          `tag of ${run.name}`,
          run.tags,
          tags.map((tag) => tag.key).filter((key) => key.startsWith('step')),
        );
        const history = (await client.get('metrics/get-history', { run_id: run.id, metric_key: 'loss' })) as {
          metrics?: { value: number }[];
        };
        compare(
          `value of ${run.name}`,
          run.values,
          (history.metrics ?? []).map((point) => point.value),
        );
      }
      const versions = (await client.get('model-versions/search', {
        filter: `name = '${ledger.modelName}'`,
        max_results: '10000',
      })) as { model_versions?: { source: string }[] };
      compare(
        `version of ${ledger.modelName}`,
        ledger.versionSources,
        (versions.model_versions ?? []).map((version) => version.source),
      );
    }
  } finally {
    client.close();
  }
  return { lost, doubled, compared };
}

interface StoredRun {
  readonly info: { readonly run_id: string; readonly run_name: string };
  readonly data: { readonly tags?: readonly { readonly key: string }[] };
}

async function searchRuns(client: WireClient, experimentId: string): Promise<StoredRun[]> {
  const runs: StoredRun[] = [];
  let token: string | undefined;
  do {
    const page = (await client.post('runs/search', {
      experiment_ids: [experimentId],
      max_results: 1000,
      ...(token && { page_token: token }),
    })) as { runs?: StoredRun[]; next_page_token?: string };
    runs.push(...(page.runs ?? []));
    token = page.next_page_token;
  } while (token);
  return runs;
}
