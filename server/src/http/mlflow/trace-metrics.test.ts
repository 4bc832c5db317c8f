import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compose, type Program } from '../../compose.ts';
import { readConfig } from '../../config.ts';
import { randomHexId } from '../../kernel/ids.ts';

const COUNTED = {
  view_type: 'TRACES',
  metric_name: 'trace_count',
  aggregations: [{ aggregation_type: 'COUNT' }],
};

describe('sums over traces over HTTP', () => {
  const home = mkdtempSync(join(tmpdir(), 'slipway-sums-'));
  let program: Program;
  let url: string;

  beforeAll(async () => {
    program = await compose(readConfig(['--home', home, '--log-level', 'silent'], {}));
    await program.server.listen({ port: 0, host: '127.0.0.1' });
    url = `http://127.0.0.1:${(program.server.server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    await program.close();
    rmSync(home, { recursive: true });
  });

  const post = (path: string, body: object) =>
    fetch(`${url}/api/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const api = async (path: string, body: object) => {
    const answer = await post(path, body);
    expect(answer.status).toBe(200);
    return answer.json() as Promise<Record<string, unknown>>;
  };

  it('answers sums by name, without what is empty', async () => {
    const made = { name: `sums ${randomHexId()}` };
    const { experiment_id: id } = await api('2.0/mlflow/experiments/create', made);
    const ask = (change: object) =>
      api('3.0/mlflow/traces/metrics', { ...COUNTED, experiment_ids: [id], ...change });
    expect(await ask({})).toEqual({ data_points: [{ metric_name: 'trace_count', values: { COUNT: 0 } }] });
    expect(await ask({ dimensions: ['trace_name'] })).toEqual({});
    for (const [name, seconds] of [
      ['a', '0.010s'],
      ['a', '0.020s'],
      ['b', '1s'],
    ]) {
      await api('3.0/mlflow/traces', {
        trace: {
          trace_info: {
            trace_id: `tr-${randomHexId()}`,
            trace_location: { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: id } },
            request_time: '2025-06-01T00:00:30Z',
            execution_duration: seconds,
            state: 'OK',
            tags: { 'mlflow.traceName': name },
          },
        },
      });
    }
    const latency = {
      view_type: 1,
      metric_name: 'latency',
      aggregations: [{ aggregation_type: 'AVG' }, { aggregation_type: 'PERCENTILE', percentile_value: 100 }],
      dimensions: ['trace_name'],
      time_interval_seconds: '60',
      start_time_ms: 0,
      end_time_ms: '9007199254740993000',
      max_results: 1,
    };
    expect(await ask(latency)).toEqual({
      data_points: [
        {
          metric_name: 'latency',
          dimensions: { time_bucket: '2025-06-01T00:00:00+00:00', trace_name: 'a' },
          values: { AVG: 15, 'P100.0': 20 },
        },
      ],
      next_page_token: expect.any(String),
    });
  });

  it.each([
    [{ experiment_ids: undefined }, /'experiment_ids'/],
    [{ view_type: 'NOTHING' }, /'view_type'/],
    [{ metric_name: '' }, /'metric_name'/],
    [{ aggregations: [] }, /'aggregations'/],
    [{ aggregations: [{ aggregation_type: 'MEDIAN' }] }, /'aggregations\[0\]\.aggregation_type'/],
    [{ filters: ['trace.status'] }, /Invalid clause/],
    [{ time_interval_seconds: 60 }, /start_time_ms and end_time_ms are required/],
  ])('name what is wrong with %j', async (change, message) => {
    const answer = await post('3.0/mlflow/traces/metrics', { ...COUNTED, experiment_ids: ['1'], ...change });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toEqual({
      error_code: 'INVALID_PARAMETER_VALUE',
      message: expect.stringMatching(message),
    });
  });
});
