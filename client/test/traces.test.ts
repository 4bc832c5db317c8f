import { expect, it } from 'vitest';
import { newName, runningServer } from './running-server.ts';

const server = runningServer();

it('finds traces, tags them, links them to runs and deletes them', async () => {
  const { client, url } = server;
  const experimentId = await client.experiments.create({ name: newName('experiment') });
  const traceId = `tr-${'a'.repeat(32)}`;
  const started = await fetch(`${url}/api/3.0/mlflow/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      trace: {
        trace_info: {
          trace_id: traceId,
          trace_location: { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: experimentId } },
          request_time: '2026-01-31T12:00:00.123Z',
          execution_duration: '1.5s',
          state: 'ERROR',
          request_preview: 'hello',
          tags: { team: 'a' },
          trace_metadata: { user: 'b' },
        },
      },
    }),
  });
  expect(started.status).toBe(200);
  expect(await client.traces.get(traceId)).toMatchObject({
    traceId,
    experimentId,
    state: 'ERROR',
    requestTimeMs: Date.parse('2026-01-31T12:00:00.123Z'),
    durationMs: 1500,
    requestPreview: 'hello',
    metadata: { user: 'b' },
    tags: { team: 'a' },
  });
  await client.traces.setTag(traceId, 'team', 'c');
  await client.traces.setTag(traceId, 'gone', 'd');
  await client.traces.deleteTag(traceId, 'gone');
  const search = client.traces.search({ experimentIds: [experimentId], filter: "tags.team = 'c'" });
  const [found] = await search.toArray();
  expect(found?.traceId).toBe(traceId);
  expect(found?.tags).not.toHaveProperty('gone');
  const run = await client.runs.create({ experimentId });
  await run.end();
  await client.traces.linkToRun([traceId], run.runId);
  expect(await client.traces.delete({ experimentId, traceIds: [traceId] })).toBe(1);
  expect(await client.traces.delete({ experimentId, upToMs: Date.now() })).toBe(0);
  expect(await search.toArray()).toEqual([]);
});
