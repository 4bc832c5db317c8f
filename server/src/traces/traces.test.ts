import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenedDatabase, testedDatabases } from '../db/conformance/databases.ts';
import { randomHexId } from '../kernel/ids.ts';
import { createTracking } from '../tracking/conformance/tracking.ts';
import type { NewAssessment } from './assessment.ts';
import { createAssessments } from './assessments.ts';
import type { ReceivedSpan } from './received-span.ts';
import { createSpanLog } from './span-log.ts';
import type { TraceChange } from './trace-change.ts';
import { createTraceData } from './trace-data.ts';
import { createTraceSearches } from './trace-search.ts';
import { createTraces, type StartedTrace } from './traces.ts';

const MS = 1_000_000n;

describe.each(testedDatabases())('traces on $name', ({ open }) => {
  let opened: OpenedDatabase;
  let experimentNo: number;
  let traces: ReturnType<typeof createTraces>;
  let spanLog: ReturnType<typeof createSpanLog>;
  let data: ReturnType<typeof createTraceData>;
  let searches: ReturnType<typeof createTraceSearches>;
  let assessments: ReturnType<typeof createAssessments>;
  let now = 1000;
  let changes: unknown[] = [];

  beforeAll(async () => {
    opened = await open();
    const { db } = opened;
    const clock = { nowMs: () => now };
    const onChange = ({ kind, subject, experimentNo: no }: TraceChange) => changes.push([kind, subject, no]);
    const { experiments } = createTracking(db);
    experimentNo = await experiments.create({ name: 'traces', tags: [] });
    const artifactLocationOf = (no: number) => experiments.activeLocation(no);
    traces = createTraces({ db, clock, artifactLocationOf, onChange });
    spanLog = createSpanLog({ db, artifactLocationOf, onChange });
    data = createTraceData({ db });
    searches = createTraceSearches({ db });
    assessments = createAssessments({ db, clock, onChange });
  });
  afterAll(() => opened.remove());

  const span = (
    hex: string,
    given: Partial<ReceivedSpan> & { readonly values?: object } = {},
  ): ReceivedSpan => ({
    traceId: hex,
    spanId: '00000000000000a1',
    parentSpanId: undefined,
    name: 'root',
    startNs: 1000n * MS,
    endNs: 2000n * MS,
    status: 'OK',
    statusMessage: '',
    attributes: new Map(Object.entries(given.values ?? {})),
    events: [],
    links: [],
    ...given,
  });
  const child = (hex: string, given: Parameters<typeof span>[1] = {}) =>
    span(hex, { spanId: '00000000000000b2', parentSpanId: '00000000000000a1', name: 'child', ...given });
  const log = (spans: readonly ReceivedSpan[], runId?: string) =>
    spanLog.log({ experimentNo, runId, received: [{ resource: new Map(), spans }] });
  const facts = (traceId: string, given: Partial<StartedTrace> = {}): StartedTrace => ({
    traceId,
    experimentNo,
    requestTimeMs: 1500,
    durationMs: 7,
    state: 'OK',
    clientRequestId: undefined,
    requestPreview: undefined,
    responsePreview: undefined,
    tags: new Map(),
    metadata: new Map(),
    assessments: [],
    ...given,
  });
  const found = async (filter: string, orderBy: readonly string[] = []) => {
    const page = await searches.search({ experimentNos: [experimentNo], filter, maxResults: 500, orderBy });
    return page.items.map(({ traceId }) => traceId);
  };
  const feedback = (name: string, value: string, given: Partial<NewAssessment> = {}): NewAssessment => ({
    name,
    kind: 'feedback',
    value,
    error: undefined,
    createdAtMs: undefined,
    updatedAtMs: undefined,
    source: { type: 'CODE', id: 'test' },
    spanId: undefined,
    rationale: undefined,
    overrides: undefined,
    metadata: undefined,
    ...given,
  });
  const fresh = async (given: Partial<StartedTrace> = {}) => {
    const traceId = `tr-${randomHexId()}`;
    await traces.start(facts(traceId, given));
    return traceId;
  };

  it('end up the same whether the spans come first or the facts', async () => {
    const [a, b] = [randomHexId(), randomHexId()];
    const stated = { tags: new Map([['t', '1']]), metadata: new Map([['m', '2']]) };
    await log([span(a), child(a)]);
    await traces.start(facts(`tr-${a}`, stated));
    await traces.start(facts(`tr-${b}`, stated));
    await log([span(b), child(b)]);
    const comparable = async (hex: string) =>
      JSON.stringify(await data.getPartial(`tr-${hex}`), (_, value) =>
        value instanceof Map ? Object.fromEntries(value) : value,
      )
        .replaceAll(hex, 'id')
        .replaceAll(Buffer.from(hex, 'hex').toString('base64'), 'id');
    expect(await comparable(a)).toBe(await comparable(b));
    expect((await traces.get(`tr-${a}`)).requestTimeMs).toBe(1500);
  });

  it('span from the first start to the last end of spans that came alone, and take the state of the root', async () => {
    const hex = randomHexId();
    await log([child(hex, { startNs: 500n * MS, endNs: 900n * MS })]);
    expect(await traces.get(`tr-${hex}`)).toMatchObject({
      requestTimeMs: 500,
      durationMs: 400,
      state: 'IN_PROGRESS',
    });
    await log([span(hex, { status: 'ERROR' })]);
    expect(await traces.get(`tr-${hex}`)).toMatchObject({
      requestTimeMs: 500,
      durationMs: 1500,
      state: 'ERROR',
    });
  });

  it('sum token usage over deliveries, once where a parent states the sum of its children', async () => {
    const hex = randomHexId();
    const usage = (input: number) => ({
      values: {
        'mlflow.chat.tokenUsage': `{"input_tokens": ${input}, "output_tokens": 1, "total_tokens": ${input + 1}}`,
      },
    });
    await log([child(hex, usage(3))]);
    await log([child(hex, { ...usage(4), spanId: '00000000000000c3' })]);
    const tokens = async () => (await traces.get(`tr-${hex}`)).metadata.get('mlflow.trace.tokenUsage');
    expect(await tokens()).toBe('{"input_tokens": 7, "output_tokens": 2, "total_tokens": 9}');
    await log([span(hex, usage(7))]);
    expect(await tokens()).toBe('{"input_tokens": 7, "output_tokens": 1, "total_tokens": 8}');
  });

  it('replace a span that comes again', async () => {
    const hex = randomHexId();
    await log([span(hex, { name: 'before' })]);
    await log([span(hex, { name: 'after' })]);
    const { contents } = await data.getPartial(`tr-${hex}`);
    expect(contents).toHaveLength(1);
    expect(contents[0]).toContain('"name": "after"');
  });

  it('store none of the spans when one has no id', async () => {
    const hex = randomHexId();
    await expect(log([span(hex), span(hex, { spanId: '' })])).rejects.toMatchObject({
      code: 'InvalidArgument',
    });
    await expect(traces.get(`tr-${hex}`)).rejects.toMatchObject({ code: 'NotFound' });
  });

  it('wait for spans that the client announced and that are on their way', async () => {
    const hex = randomHexId();
    const metadata = new Map([['mlflow.trace.sizeStats', '{"num_spans": 2}']]);
    await log([span(hex)]);
    await traces.start(facts(`tr-${hex}`, { metadata }));
    const complete = data.getComplete(`tr-${hex}`, new AbortController().signal);
    await log([child(hex)]);
    expect((await complete).contents).toHaveLength(2);
  });

  it('are found by conditions on one span, not on several', async () => {
    const hex = randomHexId();
    await log([
      span(hex, { name: `a-${hex}`, values: { 'mlflow.spanType': '"CHAIN"' } }),
      child(hex, { name: `b-${hex}`, values: { 'mlflow.spanType': '"LLM"', colour: '"blüe"' } }),
    ]);
    const one = [`tr-${hex}`];
    expect(await found(`span.name = 'b-${hex}' AND span.type = 'LLM'`)).toEqual(one);
    expect(await found(`span.name = 'b-${hex}' AND span.type = 'CHAIN'`)).toEqual([]);
    expect(await found(`(span.name = 'b-${hex}' OR span.name = 'none') AND span.type = 'CHAIN'`)).toEqual(
      one,
    );
    expect(await found(`span.attributes.colour LIKE '%blü%' AND span.name LIKE '%${hex}'`)).toEqual(one);
    expect(
      await found(`span.content ILIKE '%BLÜE%' AND span.name NOT LIKE 'a%' AND span.name LIKE '%${hex}'`),
    ).toEqual(one);
    const colour = (test: string) => found(`span.name LIKE '%${hex}' AND span.attributes.colour ${test}`);
    expect(await colour(`= 'blüe'`)).toEqual(one);
    expect(await colour(`IN ('red', 'blüe')`)).toEqual(one);
    expect(await colour(`= 'blü'`)).toEqual([]);
    expect(await colour(`!= 'blüe'`)).toEqual([]);
    expect(await colour(`!= 'red'`)).toEqual(one);
    await expect(colour('IS NULL')).rejects.toMatchObject({ code: 'InvalidArgument' });
  });

  it('are taken, whatever half of them comes while somebody deletes what is there', async () => {
    for (let round = 0; round < 20; round += 1) {
      const hex = randomHexId();
      await log([span(hex)]);
      const removing = { experimentNo, traceIds: [`tr-${hex}`], upToMs: undefined, maxTraces: undefined };
      await Promise.all([
        log([child(hex)]),
        traces.delete(removing),
        traces.start(facts(`tr-${hex}`)),
        log([span(hex)]),
      ]);
    }
  });

  it('are found by tags, metadata, their absence, their runs and their prompts', async () => {
    const key = `k${randomHexId()}`;
    const tagged = await fresh({
      tags: new Map([
        [key, 'x'],
        ['mlflow.traceName', key],
      ]),
    });
    const described = await fresh({ metadata: new Map([[key, 'y'.repeat(300)]]) });
    expect(await found(`tags.${key} = 'x'`)).toEqual([tagged]);
    expect(await found(`name = '${key}'`)).toEqual([tagged]);
    expect(await found(`tags.${key} != 'y'`)).toEqual([tagged]);
    expect(await found(`NOT tags.${key} = 'y'`)).toEqual([tagged]);
    expect(await found(`metadata.${key} = '${'y'.repeat(300)}'`)).toEqual([described]);
    expect(await found(`metadata.${key} = '${'y'.repeat(299)}'`)).toEqual([]);
    expect(await found(`tags.${key} IS NULL AND request_id IN ('${tagged}', '${described}')`)).toEqual([
      described,
    ]);
    await traces.linkToRun([tagged, 'tr-later'], key);
    await traces.linkToRun([tagged], key);
    expect(await found(`run_id = '${key}'`)).toEqual([tagged]);
    await traces.linkPrompts(described, ['p/1', 'p/1']);
    expect(await found(`prompt = 'p/1'`)).toEqual([described]);
    await expect(found(`prompt = 'p'`)).rejects.toMatchObject({ code: 'InvalidArgument' });
  });

  it('are found by what is said about them, also by what speaks for their session', async () => {
    const name = `f${randomHexId()}`;
    const session = new Map([['mlflow.trace.session', name]]);
    const first = await fresh({ metadata: session, requestTimeMs: 1 });
    const second = await fresh({ metadata: session, requestTimeMs: 2 });
    const other = await fresh({ requestTimeMs: 3 });
    const said = await assessments.create(other, feedback(name, '0.75'));
    expect(await found(`feedback.${name} > 0.5`)).toEqual([other]);
    expect(await found(`feedback.${name} = '0.75'`)).toEqual([other]);
    expect(await found(`feedback.${name} != '0.75'`)).toEqual([]);
    expect(await found(`feedback.${name} IS NULL AND metadata.mlflow.trace.session = '${name}'`)).toEqual([
      second,
      first,
    ]);
    await assessments.create(first, feedback(name, '"yes"', { metadata: { 'mlflow.trace.session': name } }));
    expect(await found(`feedback.${name} = 'yes'`)).toEqual([second, first]);
    expect(await found(`feedback.${name} IS NOT NULL`)).toEqual([other, second, first]);
    await assessments.create(other, feedback(name, '"no"', { overrides: said.assessmentId }));
    expect(await found(`feedback.${name} > 0.5`)).toEqual([]);
  });

  it('are listed page by page, each once, in the order asked for', async () => {
    const key = `p${randomHexId()}`;
    const times = [5, 3, 3, 9, 1];
    for (const [i, requestTimeMs] of times.entries())
      await fresh({ requestTimeMs, tags: new Map([[key, String(i)]]) });
    const pagesOf = async (orderBy: readonly string[]) => {
      const listed: (string | undefined)[] = [];
      let pageToken: string | undefined;
      do {
        const page = await searches.search({
          experimentNos: [experimentNo],
          filter: `tags.${key} LIKE '%'`,
          maxResults: 2,
          orderBy,
          pageToken,
        });
        listed.push(...page.items.map(({ tags }) => tags.get(key)));
        pageToken = page.nextPageToken;
      } while (pageToken !== undefined);
      return listed;
    };
    expect((await pagesOf([])).map((i) => times[Number(i)])).toEqual([9, 5, 3, 3, 1]);
    expect(new Set(await pagesOf([]))).toHaveLength(5);
    expect(await pagesOf([`tags.${key} DESC`])).toEqual(['4', '3', '2', '1', '0']);
  });

  it('are deleted by id or up to a time, the oldest first', async () => {
    const old = await fresh({ requestTimeMs: -20 });
    const older = await fresh({ requestTimeMs: -30 });
    const base = { experimentNo, traceIds: [], upToMs: -10, maxTraces: undefined };
    expect(await traces.delete({ ...base, maxTraces: 1 })).toBe(1);
    await expect(traces.get(older)).rejects.toMatchObject({ code: 'NotFound' });
    expect(await traces.delete({ ...base, upToMs: undefined, traceIds: [old, 'tr-none'] })).toBe(1);
    for (const wrong of [
      { ...base, upToMs: undefined },
      { ...base, traceIds: [old] },
      { ...base, maxTraces: 0 },
      { ...base, upToMs: undefined, traceIds: [old], maxTraces: 1 },
    ]) {
      await expect(traces.delete(wrong)).rejects.toMatchObject({ code: 'InvalidArgument' });
    }
  });

  it("keep their server's own tags from callers", async () => {
    const traceId = await fresh();
    await expect(traces.setTag(traceId, 'mlflow.trace.spansLocation', 'x')).rejects.toMatchObject({
      code: 'InvalidArgument',
    });
    await expect(traces.setTag('tr-none', 'a', 'x')).rejects.toMatchObject({ code: 'NotFound' });
    await expect(traces.deleteTag(traceId, 'none')).rejects.toMatchObject({ code: 'NotFound' });
    await traces.setTag(traceId, 'a', 'x'.repeat(9000));
    expect((await traces.get(traceId)).tags.get('a')).toHaveLength(8000);
  });

  it('hold an assessment until it is deleted, and make the overridden one valid again', async () => {
    const traceId = await fresh();
    now = 5000;
    const first = await assessments.create(traceId, feedback('f', 'true', { metadata: { a: '1' } }));
    const second = await assessments.create(
      traceId,
      feedback('f', 'false', { overrides: first.assessmentId }),
    );
    const isValid = async () => (await assessments.get(traceId, first.assessmentId)).valid;
    expect(await isValid()).toBe(false);
    await assessments.delete(traceId, second.assessmentId);
    await assessments.delete(traceId, second.assessmentId);
    expect(await isValid()).toBe(true);
    now = 6000;
    const value = { kind: 'feedback', json: '1.0', error: undefined } as const;
    await assessments.update(traceId, first.assessmentId, { value, metadata: { b: '2' } });
    expect(await assessments.get(traceId, first.assessmentId)).toMatchObject({
      value: '1.0',
      metadata: { a: '1', b: '2' },
      createdAtMs: 5000,
      updatedAtMs: 6000,
    });
    await expect(
      assessments.update(traceId, first.assessmentId, { value: { ...value, kind: 'expectation' } }),
    ).rejects.toMatchObject({ code: 'InvalidArgument' });
    await expect(assessments.create('tr-none', feedback('f', '1'))).rejects.toMatchObject({
      code: 'NotFound',
    });
    await expect(
      assessments.create(traceId, feedback('f', '1', { assessmentId: first.assessmentId })),
    ).rejects.toMatchObject({ code: 'AlreadyExists' });
  });

  it('are found by patterns in their tags, names, states and feedback, and in the attributes of their spans', async () => {
    const key = `r${randomHexId()}`;
    const hex = randomHexId();
    await log([
      span(hex, {
        name: 'lookup',
        attributes: new Map([
          ['a."b', JSON.stringify('before "quoted" \\ é\n after')],
          ['n', '5'],
          ['not json', 'NaN'],
        ]),
        events: [{ name: 'e', timeNs: 1n, attributes: new Map([['a."b', '"elsewhere"']]) }],
      }),
    ]);
    await traces.setTag(`tr-${hex}`, key, 'Größe 10');
    await assessments.create(`tr-${hex}`, feedback('said', '"well done"'));
    await fresh({ tags: new Map([[key, 'other']]) });
    const count = async (filter: string) =>
      (
        await searches.search({
          experimentNos: [experimentNo],
          filter: `tags.${key} LIKE '%' AND ${filter}`,
          maxResults: 100,
          orderBy: [],
        })
      ).items.length;
    for (const [filter, expected] of [
      [`tags.${key} RLIKE '^Gr.*\\d{2}$'`, 1],
      [`tags.${key} RLIKE '(?i)^GRÖ'`, 1],
      [`tags.${key} RLIKE '^\\w+$'`, 1],
      [`tags.${key} RLIKE ''`, 2],
      [`tags.${key} NOT RLIKE '^o'`, 1],
      [`tags.none RLIKE 'x'`, 0],
      [`NOT tags.none RLIKE 'x'`, 0],
      [`status rlike '^(OK|ERROR)$'`, 2],
      [`trace_id RLIKE '${hex}$'`, 1],
      [`span.name RLIKE 'l[aeiou]{2}k'`, 1],
      [`feedback.said RLIKE 'well\\b'`, 1],
      ['span.attributes.`a."b` RLIKE \'^before "quoted" . .\\n after$\'', 1],
      ['span.attributes.`a."b` RLIKE \'^before "quoted" .. .\\n after$\'', 0],
      ["span.attributes.`a.\"b` RLIKE 'elsewhere'", 0],
      ["span.attributes.n RLIKE '5'", 0],
      ["span.attributes.none RLIKE ''", 0],
    ] as const) {
      expect([filter, await count(filter)]).toEqual([filter, expected]);
    }
    for (const filter of [
      `tags.${key} RLIKE '('`,
      `tags.${key} RLIKE '(a)\\1'`,
      `tags.${key} RLIKE 5`,
      "timestamp_ms RLIKE '1'",
      "span.content RLIKE 'a'",
      "prompt RLIKE 'a'",
    ]) {
      await expect(count(filter)).rejects.toMatchObject({ code: 'InvalidArgument' });
    }
  });

  it('are told of whenever something about them has changed, and only then', async () => {
    const traceId = `tr-${randomHexId()}`;
    const told = async (action: Promise<unknown>): Promise<unknown[]> => {
      changes = [];
      await action;
      return changes;
    };
    const one = [['trace', traceId, experimentNo]];
    expect(await told(log([child(traceId.slice(3))]))).toEqual(one);
    expect(await told(log([span(traceId.slice(3))]))).toEqual(one);
    expect(await told(traces.start(facts(traceId)))).toEqual(one);
    expect(await told(traces.setTag(traceId, 'a', 'b'))).toEqual(one);
    expect(await told(traces.deleteTag(traceId, 'a'))).toEqual(one);
    expect(await told(traces.linkToRun([traceId, 'tr-not-there-yet'], 'run'))).toEqual(one);
    expect(await told(traces.linkPrompts(traceId, ['p/1']))).toEqual(one);
    const said = await assessments.create(traceId, feedback('f', 'true'));
    expect(changes).toHaveLength(2);
    expect(await told(assessments.update(traceId, said.assessmentId, { rationale: 'r' }))).toEqual(one);
    expect(await told(assessments.delete(traceId, said.assessmentId))).toEqual(one);
    expect(await told(assessments.delete(traceId, said.assessmentId))).toEqual([]);
    expect(await told(traces.deleteTag(traceId, 'none').catch(() => undefined))).toEqual([]);
    const deletion = { experimentNo, upToMs: undefined, maxTraces: undefined };
    expect(await told(traces.delete({ ...deletion, traceIds: [traceId, 'tr-none'] }))).toEqual(one);
    const old = { experimentNo, requestTimeMs: 1, tags: new Map(), metadata: new Map() };
    changes = [];
    const started = await traces.startOld(old);
    await traces.endOld(started.traceId, { ...old, endTimeMs: 2, state: 'OK' });
    const change = ['trace', started.traceId, experimentNo];
    expect(changes).toEqual([change, change]);
  });

  it('tell how two filters go together', async () => {
    const key = `c${randomHexId()}`;
    const scope = `tags.${key} IS NOT NULL`;
    for (const value of ['a', 'a', 'b']) {
      await fresh({ tags: new Map([[key, value]]), state: value === 'a' ? 'OK' : 'ERROR' });
    }
    const association = (first: string, second: string) =>
      searches.associate({ experimentNos: [experimentNo], first, second, base: scope });
    expect(await association(`tags.${key} = 'a'`, `status = 'OK'`)).toMatchObject({
      total: 3,
      first: 2,
      second: 2,
      joint: 2,
      npmi: 1,
    });
    expect((await association(`tags.${key} = 'b'`, `status = 'OK'`)).npmi).toBe(-1);
    const partly = await association(`tags.${key} = 'a' OR tags.${key} = 'b'`, `status = 'ERROR'`);
    expect([partly.first, partly.second, partly.joint, partly.npmi]).toEqual([3, 1, 1, 0]);
    expect((await association(`tags.${key} = 'none'`, `status = 'OK'`)).npmi).toBeNaN();
  });
});
