import { describe, expect, it } from 'vitest';
import { AppError } from '../kernel/errors.ts';
import { readOtlpJson } from './otlp-json.ts';
import { readOtlpProtobuf } from './otlp-protobuf.ts';
import { storedSpan } from './span-content.ts';
import { spanMessage } from './span-message.ts';

/** Written by Google's protobuf for Python from OpenTelemetry's own definitions: one span with every kind of value. */
const REQUEST = Buffer.from(
  'CqICChgKFgoMc2VydmljZS5uYW1lEgYKBHNob3AShQISggIKEFuO//eYA4ED0mm2M4E/xgwSCO7hm37DwbF0GgNhPWIiCO7hm37DwbFzKgdwcsO8ZmVuMAI5AUhZ4/rrbxVBAHfBPPvrbxVKEAoBaRILGP/////////v/wFKDgoBZBIJIQAAAAAAAABASgcKAWISAhABSgMKAW5KCQoBeRIEOgIA/0oSCgFsEg0qCwoCGAEKAAoDCgF4ShcKAW0SEjIQCg4KAWsSCSFIr7ya8td6PlADWhYJAkhZ4/rrbxUSAmV2GgcKAXgSAhgBaiYKEFuO//eYA4ED0mm2M4E/xgwSCO7hm37DwbF0IggKAXcSAwoBdnoIEgRib29tGAKFAQEAAAA=',
  'base64',
);

const SPAN = {
  traceId: '5b8efff798038103d269b633813fc60c',
  spanId: 'eee19b7ec3c1b174',
  parentSpanId: 'eee19b7ec3c1b173',
  name: 'prüfen',
  startNs: 1544712660000000001n,
  endNs: 1544712661500000000n,
  status: 'ERROR',
  statusMessage: 'boom',
  attributes: new Map([
    ['i', '-9007199254740993'],
    ['d', '2.0'],
    ['b', 'true'],
    ['n', 'null'],
    ['y', '"AP8="'],
    ['l', '[1, null, "x"]'],
    ['m', '{"k": 1e-07}'],
  ]),
  events: [{ name: 'ev', timeNs: 1544712660000000002n, attributes: new Map([['x', '1']]) }],
  links: [
    {
      traceId: '5b8efff798038103d269b633813fc60c',
      spanId: 'eee19b7ec3c1b174',
      attributes: new Map([['w', '"v"']]),
    },
  ],
};

describe('OTLP in protobuf', () => {
  it('is read with every kind of value', () => {
    expect(readOtlpProtobuf(REQUEST)).toEqual([
      { resource: new Map([['service.name', '"shop"']]), spans: [SPAN] },
    ]);
  });

  it('is refused, never misread into an error of ours, wherever it is cut off or changed', () => {
    for (let at = 0; at < REQUEST.length; at += 1) {
      for (const bytes of [REQUEST.subarray(0, at), changed(at, 0xff), changed(at, 0x0b)]) {
        try {
          readOtlpProtobuf(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(AppError);
          expect((error as AppError).code).toBe('InvalidArgument');
        }
      }
    }
  });

  it('is refused when values nest deeper than a hundred levels', () => {
    let value = Buffer.from([0x0a, 1, 0x78]);
    const wrap = (tag: number, body: Buffer) => {
      const length = body.length < 128 ? [body.length] : [(body.length & 0x7f) | 0x80, body.length >> 7];
      return Buffer.concat([Buffer.from([tag, ...length]), body]);
    };
    for (let depth = 0; depth < 200; depth += 1) value = wrap(0x2a, wrap(0x0a, value));
    const attribute = wrap(0x4a, wrap(0x12, value));
    expect(() => readOtlpProtobuf(wrap(0x0a, wrap(0x12, wrap(0x12, attribute))))).toThrow(AppError);
  });
});

function changed(at: number, byte: number): Buffer {
  const copy = Buffer.from(REQUEST);
  copy[at] = byte;
  return copy;
}

describe('OTLP in JSON', () => {
  const request = (span: object) => JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });

  it('is read into the same span', () => {
    const read = readOtlpJson(
      request({
        traceId: SPAN.traceId.toUpperCase(),
        spanId: SPAN.spanId,
        parentSpanId: SPAN.parentSpanId,
        name: SPAN.name,
        kind: 2,
        startTimeUnixNano: String(SPAN.startNs),
        endTimeUnixNano: String(SPAN.endNs),
        attributes: [
          { key: 'i', value: { intValue: '-9007199254740993' } },
          { key: 'd', value: { doubleValue: 2 } },
          { key: 'b', value: { boolValue: true } },
          { key: 'n', value: {} },
          { key: 'y', value: { bytesValue: 'AP8=' } },
          { key: 'l', value: { arrayValue: { values: [{ intValue: 1 }, {}, { stringValue: 'x' }] } } },
          { key: 'm', value: { kvlistValue: { values: [{ key: 'k', value: { doubleValue: 1e-7 } }] } } },
        ],
        events: [
          {
            name: 'ev',
            timeUnixNano: '1544712660000000002',
            attributes: [{ key: 'x', value: { intValue: '1' } }],
          },
        ],
        links: [
          {
            traceId: SPAN.traceId,
            spanId: SPAN.spanId,
            attributes: [{ key: 'w', value: { stringValue: 'v' } }],
          },
        ],
        status: { code: 2, message: 'boom' },
      }),
    );
    expect(read).toEqual([{ resource: new Map(), spans: [SPAN] }]);
  });

  it.each([
    ['[]', /not a JSON object/],
    ['{', /not a JSON object/],
    ['{"resourceSpans": 1}', /resourceSpans is not a list/],
    [request({ traceId: 'xyz' }), /traceId is not hexadecimal/],
    [request({ startTimeUnixNano: '1.5' }), /startTimeUnixNano is not an integer/],
    [request({ startTimeUnixNano: '-1' }), /startTimeUnixNano is not an integer of 64 bits/],
  ])('refuses %s', (body, message) => {
    expect(() => readOtlpJson(body)).toThrow(message);
  });
});

describe('a stored span', () => {
  it('comes back as the message it came as', () => {
    const [received] = readOtlpProtobuf(REQUEST);
    expect(spanMessage(storedSpan(received!.spans[0]!).content)).toBe(
      '{"trace_id":"W47/95gDgQPSabYzgT/GDA==","span_id":"7uGbfsPBsXQ=","parent_span_id":"7uGbfsPBsXM=","name":"prüfen",' +
        '"start_time_unix_nano":1544712660000000001,"end_time_unix_nano":1544712661500000000,"attributes":[' +
        '{"key":"i","value":{"int_value":-9007199254740993}},{"key":"d","value":{"double_value":2.0}},' +
        '{"key":"b","value":{"bool_value":true}},{"key":"n","value":{}},{"key":"y","value":{"string_value":"AP8="}},' +
        '{"key":"l","value":{"array_value":{"values":[{"int_value":1},{},{"string_value":"x"}]}}},' +
        '{"key":"m","value":{"kvlist_value":{"values":[{"key":"k","value":{"double_value":1e-07}}]}}},' +
        '{"key":"mlflow.traceRequestId","value":{"string_value":"tr-5b8efff798038103d269b633813fc60c"}}],' +
        '"events":[{"time_unix_nano":1544712660000000002,"name":"ev","attributes":[{"key":"x","value":{"int_value":1}}]}],' +
        '"links":[{"trace_id":"W47/95gDgQPSabYzgT/GDA==","span_id":"7uGbfsPBsXQ=","attributes":[{"key":"w","value":{"string_value":"v"}}]}],' +
        '"status":{"message":"boom","code":"STATUS_CODE_ERROR"}}',
    );
  });

  it('holds a structure that came as a text of JSON, and a plain text as a text', () => {
    const span = {
      ...SPAN,
      status: 'OK' as const,
      attributes: new Map([
        ['structure', '"{\\"a\\": 1}"'],
        ['digits', '"1"'],
        ['mlflow.spanType', '"LLM"'],
      ]),
    };
    const stored = storedSpan(span);
    expect(stored.attributes.get('structure')).toBe('{"a": 1}');
    expect(stored.attributes.get('digits')).toBe('"1"');
    expect(stored.type).toBe('LLM');
  });
});
