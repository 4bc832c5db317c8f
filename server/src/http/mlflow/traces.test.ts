import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compose, type Program } from '../../compose.ts';
import { readConfig } from '../../config.ts';
import { randomHexId } from '../../kernel/ids.ts';

interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly text: string;
}

describe('traces over HTTP', () => {
  const home = mkdtempSync(join(tmpdir(), 'slipway-traces-'));
  let program: Program;
  let url: string;
  let experimentId: string;

  beforeAll(async () => {
    program = await compose(readConfig(['--home', home, '--log-level', 'silent'], {}));
    await program.server.listen({ port: 0, host: '127.0.0.1' });
    url = `http://127.0.0.1:${(program.server.server.address() as AddressInfo).port}`;
    experimentId = (await api('POST', '2.0/mlflow/experiments/create', { name: 'traces' })).experiment_id;
  });
  afterAll(async () => {
    await program.close();
    rmSync(home, { recursive: true });
  });

  async function send(method: string, path: string, body?: object): Promise<Answer> {
    const response = await fetch(`${url}/api/${path}`, {
      method,
      ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    return {
      status: response.status,
      type: response.headers.get('content-type'),
      text: await response.text(),
    };
  }
  const api = async (method: string, path: string, body?: object) => {
    const { status, text } = await send(method, path, body);
    expect([status, text]).toEqual([200, text]);
    return JSON.parse(text);
  };
  const refusal = async (method: string, path: string, body?: object) => {
    const { status, text } = await send(method, path, body);
    const { error_code: code, message } = JSON.parse(text) as { error_code: string; message: string };
    return { status, code, message };
  };
  const otlp = (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
    fetch(`${url}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-mlflow-experiment-id': experimentId, ...headers },
      body,
    });
  const spansJson = (hex: string) =>
    JSON.stringify({
      resourceSpans: [
        {
          resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
          scopeSpans: [
            {
              spans: [
                {
                  traceId: hex,
                  spanId: 'eee19b7ec3c1b174',
                  name: 'root',
                  startTimeUnixNano: '1544712660000000001',
                  endTimeUnixNano: '1544712661500000000',
                  attributes: [
                    {
                      key: 'mlflow.spanInputs',
                      value: { stringValue: '{"messages": [{"role": "user", "content": "hi"}]}' },
                    },
                    { key: 'session.id', value: { stringValue: 's' } },
                    { key: 'mlflow.traceTag.colour', value: { stringValue: 'green' } },
                  ],
                },
              ],
            },
          ],
        },
      ],
    });
  const start = (traceId: string, info: object = {}) =>
    api('POST', '3.0/mlflow/traces', {
      trace: {
        trace_info: {
          trace_id: traceId,
          trace_location: { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: experimentId } },
          request_time: '2025-01-02T03:04:05.678Z',
          execution_duration: '1.5s',
          state: 'OK',
          ...info,
        },
      },
    });

  it('takes spans in gzipped, deflated and plain JSON and gives them back whole', async () => {
    const packings = [
      ['gzip', gzipSync],
      ['deflate', deflateSync],
      ['deflate', deflateRawSync],
      ['identity', (text: string) => Buffer.from(text)],
    ] as const;
    for (const [encoding, pack] of packings) {
      const hex = randomHexId();
      const answer = await otlp(new Uint8Array(pack(spansJson(hex))), { 'content-encoding': encoding });
      expect([answer.status, await answer.text()]).toEqual([200, '{}']);
      const { trace } = await api('GET', `3.0/mlflow/traces/get?trace_id=tr-${hex}&allow_partial=False`);
      expect(trace.trace_info).toMatchObject({
        trace_id: `tr-${hex}`,
        request_time: '2018-12-13T14:51:00Z',
        execution_duration: '1.500s',
        state: 'OK',
        request_preview: 'hi',
        tags: { 'service.name': 'shop', colour: 'green', 'mlflow.trace.spansLocation': 'TRACKING_STORE' },
        trace_metadata: { 'mlflow.trace.session': 's' },
      });
      expect(trace.spans).toHaveLength(1);
    }
  });

  it('links spans to the run that their request names', async () => {
    const hex = randomHexId();
    const runId = randomHexId();
    await otlp(spansJson(hex), { 'x-mlflow-run-id': runId });
    const { traces } = await api('POST', '3.0/mlflow/traces/search', {
      locations: [{ mlflow_experiment: { experiment_id: experimentId } }],
      filter: `run_id = '${runId}'`,
    });
    expect(traces.map((trace: { trace_id: string }) => trace.trace_id)).toEqual([`tr-${hex}`]);
  });

  it.each([
    ['another content type', '{}', { 'content-type': 'text/plain' }, 400],
    ['broken JSON', '{', {}, 400],
    ['no spans', '{}', {}, 400],
    ['broken gzip', 'x', { 'content-encoding': 'gzip' }, 400],
    ['an empty deflated body', '', { 'content-encoding': 'deflate' }, 400],
    ['an unknown encoding', 'x', { 'content-encoding': 'br' }, 400],
    ['no experiment', spansJson(randomHexId()), { 'x-mlflow-experiment-id': '' }, 400],
    ['an unknown experiment', spansJson(randomHexId()), { 'x-mlflow-experiment-id': '99999' }, 404],
    ['a span without a trace', spansJson(''), {}, 400],
    ['broken protobuf', '\u0001\u0002', { 'content-type': 'application/x-protobuf' }, 400],
  ])('refuses spans with %s', async (_, body, headers, status) => {
    const answer = await otlp(body, headers);
    expect([answer.status, await answer.json()]).toEqual([
      status,
      {
        error_code: expect.stringMatching(/^(INVALID_PARAMETER_VALUE|RESOURCE_DOES_NOT_EXIST)$/),
        message: expect.any(String),
      },
    ]);
  });

  it('refuses a small body that unpacks to more than 64 MiB', async () => {
    const bomb = gzipSync(Buffer.alloc(65 * 1024 * 1024));
    expect(bomb.length).toBeLessThan(100_000);
    const answer = await otlp(new Uint8Array(bomb), { 'content-encoding': 'gzip' });
    expect(answer.status).toBe(413);
  });

  it('cuts long metadata in answers and keeps times to the millisecond', async () => {
    const traceId = `tr-${randomHexId()}`;
    const { trace } = await start(traceId, { trace_metadata: { z: 'y'.repeat(300) } });
    expect(trace.trace_info).toEqual({
      trace_id: traceId,
      trace_location: { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: experimentId } },
      request_time: '2025-01-02T03:04:05.678Z',
      execution_duration: '1.500s',
      state: 'OK',
      trace_metadata: { z: 'y'.repeat(250), 'mlflow.trace.infoFinalized': 'true' },
      tags: { 'mlflow.artifactLocation': `mlflow-artifacts:/${experimentId}/traces/${traceId}/artifacts` },
    });
  });

  it('answers the two halves of the protocol of old clients', async () => {
    const { trace_info: started } = await api('POST', '2.0/mlflow/traces', {
      experiment_id: experimentId,
      timestamp_ms: 1000,
      request_metadata: [{ key: 'a', value: 'b' }],
      tags: [{ key: 't', value: 'u' }],
    });
    expect(started).toMatchObject({ status: 'IN_PROGRESS', timestamp_ms: 1000, execution_time_ms: 0 });
    const id = started.request_id;
    await api('PATCH', `2.0/mlflow/traces/${id}`, {
      timestamp_ms: '1500',
      status: 'OK',
      tags: [{ key: 't', value: 'z' }],
    });
    const { trace_info: ended } = await api('GET', `2.0/mlflow/traces/${id}/info`);
    expect(ended).toEqual({
      request_id: id,
      experiment_id: experimentId,
      timestamp_ms: 1000,
      execution_time_ms: 500,
      status: 'OK',
      request_metadata: [{ key: 'a', value: 'b' }],
      tags: [
        {
          key: 'mlflow.artifactLocation',
          value: `mlflow-artifacts:/${experimentId}/traces/${id}/artifacts`,
        },
        { key: 't', value: 'z' },
      ],
    });
    const { traces } = await api(
      'GET',
      `2.0/mlflow/traces?experiment_ids=${experimentId}&filter=${encodeURIComponent(`request_id = '${id}'`)}`,
    );
    expect(traces).toEqual([ended]);
    expect(await refusal('GET', `3.0/mlflow/traces/get?trace_id=${id}`)).toMatchObject({
      status: 400,
      code: 'INVALID_STATE',
    });
  });

  it('keeps feedback and expectations as they were given', async () => {
    const traceId = `tr-${randomHexId()}`;
    await start(traceId);
    const path = `3.0/mlflow/traces/${traceId}/assessments`;
    const source = { source_type: 'HUMAN', source_id: 'ada' };
    const values = [
      { feedback: { value: 0.75 } },
      { feedback: { value: null, error: { error_code: 'E', error_message: 'm' } } },
      { feedback: { value: { a: [1.5, 'x'] } } },
      { expectation: { value: true } },
      { expectation: { serialized_value: { serialization_format: 'JSON_FORMAT', value: '{"x": [1]}' } } },
      { issue: { issue_name: 'slow' } },
    ];
    for (const value of values) {
      const given = { assessment_name: 'n', source, rationale: 'r', metadata: { k: 'v' }, ...value };
      const { assessment } = await api('POST', path, { assessment: given });
      expect(assessment).toMatchObject({ ...given, trace_id: traceId, valid: true });
      expect(await api('GET', `${path}/${assessment.assessment_id}`)).toEqual({ assessment });
    }
    const { trace } = await api('GET', `3.0/mlflow/traces/${traceId}`);
    expect(trace.trace_info.assessments).toHaveLength(values.length);
  });

  it('changes of an assessment what the mask names', async () => {
    const traceId = `tr-${randomHexId()}`;
    await start(traceId);
    const path = `3.0/mlflow/traces/${traceId}/assessments`;
    const given = { assessment_name: 'n', feedback: { value: 'a' }, rationale: 'old' };
    const { assessment } = await api('POST', path, { assessment: given });
    const one = `${path}/${assessment.assessment_id}`;
    const change = { assessment_name: 'changed', feedback: { value: 'b' }, rationale: 'not named' };
    const answer = await api('PATCH', one, { assessment: change, update_mask: 'assessmentName,feedback' });
    expect(answer.assessment).toMatchObject({
      assessment_name: 'changed',
      feedback: { value: 'b' },
      rationale: 'old',
    });
    expect(await api('DELETE', one)).toEqual({});
    expect(await refusal('GET', one)).toMatchObject({ status: 404 });
  });

  it.each([
    ['POST', '3.0/mlflow/traces', {}, /'trace'/],
    [
      'POST',
      '3.0/mlflow/traces',
      { trace: { trace_info: { trace_id: 'x' } } },
      /mlflow_experiment\.experiment_id/,
    ],
    ['POST', '3.0/mlflow/traces/search', {}, /'locations'/],
    ['POST', '3.0/mlflow/traces/search', { locations: [], max_results: 501 }, /'max_results'/],
    ['POST', '3.0/mlflow/traces/batchGetInfos', {}, /'trace_ids'/],
    ['GET', '3.0/mlflow/traces/get', undefined, /'trace_id'/],
    ['PATCH', '2.0/mlflow/traces/x/tags', { value: 'x' }, /'key'/],
    ['POST', '2.0/mlflow/traces/delete-traces', { experiment_id: '1' }, /must be specified/],
    [
      'POST',
      '2.0/mlflow/traces/link-to-run',
      { trace_ids: Array(101).fill('t'), run_id: 'r' },
      /more than 100/,
    ],
    ['POST', '3.0/mlflow/traces/x/assessments', { assessment: { assessment_name: 'n' } }, /assessment type/],
  ])('names what is wrong with %s %s %j', async (method, path, body, message) => {
    const answer = await refusal(method, path, body);
    expect(answer).toMatchObject({ status: 400, code: 'INVALID_PARAMETER_VALUE' });
    expect(answer.message).toMatch(message);
  });

  it('hears of an overridden assessment from feedback alone', async () => {
    const traceId = `tr-${randomHexId()}`;
    await api('POST', '3.0/mlflow/traces', {
      trace: {
        trace_info: {
          trace_id: traceId,
          trace_location: { mlflow_experiment: { experiment_id: experimentId } },
          state: 'OK',
        },
      },
    });
    const create = async (assessment: object) =>
      (await api('POST', `3.0/mlflow/traces/${traceId}/assessments`, { assessment })).assessment;
    const first = await create({ assessment_name: 'a', expectation: { value: 1 } });
    const second = await create({
      assessment_name: 'a',
      expectation: { value: 2 },
      overrides: first.assessment_id,
    });
    expect(second.overrides).toBeUndefined();
    await create({ assessment_name: 'a', feedback: { value: 3 }, overrides: first.assessment_id });
    const { assessment } = await api(
      'GET',
      `3.0/mlflow/traces/${traceId}/assessments/${first.assessment_id}`,
    );
    expect(assessment.valid).toBe(false);
  });

  it('tells open pages of new and deleted traces', async () => {
    const listening = new AbortController();
    const stream = await fetch(`${url}/ajax-api/2.0/slipway/events?experiment_ids=${experimentId}`, {
      signal: AbortSignal.any([listening.signal, AbortSignal.timeout(10_000)]),
    });
    const text = stream.body!.pipeThrough(new TextDecoderStream()).getReader();
    let heard = '';
    const until = async (wanted: string) => {
      while (!heard.includes(wanted)) heard += (await text.read()).value ?? '';
      heard = '';
    };
    const traceId = `tr-${randomHexId()}`;
    const event = `event: trace\ndata: {"experiment_id":"${experimentId}","subject":"${traceId}"}`;
    await api('POST', '3.0/mlflow/traces', {
      trace: {
        trace_info: {
          trace_id: traceId,
          trace_location: { mlflow_experiment: { experiment_id: experimentId } },
          state: 'OK',
        },
      },
    });
    await until(event);
    await api('POST', '3.0/mlflow/traces/delete-traces', {
      experiment_id: experimentId,
      request_ids: [traceId],
    });
    await until(event);
    listening.abort();
  });

  it('answers 404 for traces that are not there', async () => {
    for (const path of [
      '3.0/mlflow/traces/tr-none',
      '3.0/mlflow/traces/get?trace_id=tr-none',
      '2.0/mlflow/traces/tr-none/info',
    ]) {
      expect(await refusal('GET', path)).toMatchObject({ status: 404, code: 'RESOURCE_DOES_NOT_EXIST' });
    }
    expect(await api('GET', '3.0/mlflow/traces/batchGet?trace_ids=tr-none')).toEqual({});
  });
});
