import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Decision, fullAccess } from '../../governance/access.ts';
import type { FeedbackItem } from '../../inference-log/feedback.ts';
import { callerOf } from '../authenticate.ts';
import { type ServerFixture, startServer } from '../server.fixture.ts';
import { feedbackRoutes } from './feedback.ts';

const recorded: { endpointNo: number; items: readonly FeedbackItem[]; by: string }[] = [];
let server: ServerFixture;
let decision: Decision = 'allowed';

beforeAll(async () => {
  server = await startServer({
    mlflowRoutes: feedbackRoutes({
      findEndpoint: async (name) => (name === 'churn' ? { id: 'e1', endpointNo: 7 } : undefined),
      feedback: {
        async record(endpointNo, items, { name }) {
          recorded.push({ endpointNo, items, by: name });
        },
      },
    }),
    authenticate: async (request) =>
      callerOf(request, {
        ...fullAccess({ id: '5', kind: 'user', name: 'ann', isAdmin: false }),
        decide: (action, on) =>
          action === 'endpoint.query' && on.type === 'endpoint' && on.id === 'e1' ? decision : 'hidden',
      }),
  });
});
afterAll(() => server.server.close());
beforeEach(() => {
  recorded.length = 0;
  decision = 'allowed';
});

const headers = { 'content-type': 'application/json' };

async function send(body: object, name = 'churn') {
  const answer = await fetch(`${server.url}/api/slipway/v1/serving-endpoints/${name}/feedback`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  });
  return { status: answer.status, json: (await answer.json()) as Record<string, unknown> };
}

describe('feedback on requests', () => {
  it('is taken one by one and by lists, with values and times as they are written', async () => {
    const one = { request_id: 'r1', name: 'label', value: true };
    expect(await send(one)).toEqual({ status: 200, json: { recorded: 1 } });
    const list = [
      { request_id: 'r1', row: 3, name: 'amount', value: 12.5, at: '2026-11-21T12:00:00+01:00' },
      { request_id: 'r2', name: 'id', value: 9007199254740993n, at: 1_700_000_000_000 },
    ];
    const text = JSON.stringify({ feedback: list }, (_, value) =>
      typeof value === 'bigint' ? `#${value}#` : (value as unknown),
    ).replaceAll(/"#(\d+)#"/g, '$1');
    const answer = await fetch(`${server.url}/api/slipway/v1/serving-endpoints/churn/feedback`, {
      method: 'POST',
      headers,
      body: text,
    });
    expect(await answer.json()).toEqual({ recorded: 2 });
    expect(recorded).toEqual([
      {
        endpointNo: 7,
        by: 'ann',
        items: [{ requestId: 'r1', row: undefined, name: 'label', value: true, atMs: undefined }],
      },
      {
        endpointNo: 7,
        by: 'ann',
        items: [
          { requestId: 'r1', row: 3, name: 'amount', value: 12.5, atMs: Date.UTC(2026, 10, 21, 11) },
          { requestId: 'r2', row: undefined, name: 'id', value: '9007199254740993', atMs: 1_700_000_000_000 },
        ],
      },
    ]);
  });

  const good = { request_id: 'r', name: 'n', value: 1 };
  it.each([
    ['feedback[1].request_id', { feedback: [good, { ...good, request_id: undefined }] }],
    ['request_id', { ...good, request_id: 'x'.repeat(251) }],
    ['name', { ...good, name: '' }],
    ['value', { ...good, value: null }],
    ['value', { ...good, value: { a: 1 } }],
    ['value', { ...good, value: 'x'.repeat(10_001) }],
    ['row', { ...good, row: -1 }],
    ['row', { ...good, row: 1.5 }],
    ['at', { ...good, at: 'yesterday' }],
    ['at', { ...good, at: -1 }],
    ['at', { ...good, at: 253_402_300_800_000 }],
    ['10000', { feedback: Array.from({ length: 10_001 }, () => good) }],
  ])('is refused, all of it, where %s is wrong', async (field, body) => {
    const { status, json } = await send(body);
    expect(status).toBe(400);
    expect(json.message).toContain(field);
    expect(recorded).toEqual([]);
  });

  it('is for those who may query the endpoint; to others it is not there', async () => {
    const missing = await send(good, 'nothing');
    expect(missing.status).toBe(404);
    decision = 'hidden';
    const hidden = await send(good);
    expect(hidden.status).toBe(404);
    expect(JSON.stringify(hidden.json).replace('churn', 'nothing')).toBe(JSON.stringify(missing.json));
    decision = 'denied';
    expect((await send(good)).status).toBe(403);
    expect(recorded).toEqual([]);
  });
});
