import { ProtobufReader } from './protobuf-reader.ts';
import { pythonFloat, pythonObject } from './python-json.ts';
import {
  type ReceivedEvent,
  type ReceivedLink,
  type ReceivedSpan,
  type ReceivedSpans,
  statusOf,
} from './received-span.ts';

/**
 * Reads an ExportTraceServiceRequest. The field numbers are those of
 * https://github.com/open-telemetry/opentelemetry-proto (trace/v1/trace.proto, common/v1/common.proto).
 * @throws AppError InvalidArgument for bytes that are no such message.
 */
export function readOtlpProtobuf(body: Uint8Array): ReceivedSpans[] {
  const received: ReceivedSpans[] = [];
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  new ProtobufReader(bytes).each((field, reader) => {
    if (field === 1) received.push(readResourceSpans(reader));
  });
  return received;
}

function readResourceSpans(message: ProtobufReader): ReceivedSpans {
  const resource = new Map<string, string>();
  const spans: ReceivedSpan[] = [];
  message.message((field, reader) => {
    if (field === 1) {
      reader.message((inner, attribute) => {
        if (inner === 1) readAttribute(attribute, resource);
      });
    } else if (field === 2) {
      reader.message((inner, span) => {
        if (inner === 2) spans.push(readSpan(span));
      });
    }
  });
  return { resource, spans };
}

function readSpan(message: ProtobufReader): ReceivedSpan {
  let traceId = '';
  let spanId = '';
  let parentSpanId = '';
  let name = '';
  let startNs = 0n;
  let endNs = 0n;
  let statusCode = 0;
  let statusMessage = '';
  const attributes = new Map<string, string>();
  const events: ReceivedEvent[] = [];
  const links: ReceivedLink[] = [];
  message.message((field, reader) => {
    switch (field) {
      case 1:
        traceId = reader.hex();
        break;
      case 2:
        spanId = reader.hex();
        break;
      case 4:
        parentSpanId = reader.hex();
        break;
      case 5:
        name = reader.string();
        break;
      case 7:
        startNs = reader.fixed64();
        break;
      case 8:
        endNs = reader.fixed64();
        break;
      case 9:
        readAttribute(reader, attributes);
        break;
      case 11:
        events.push(readEvent(reader));
        break;
      case 13:
        links.push(readLink(reader));
        break;
      case 15:
        reader.message((inner, status) => {
          if (inner === 2) statusMessage = status.string();
          else if (inner === 3) statusCode = Number(status.int64());
        });
        break;
    }
  });
  return {
    traceId,
    spanId,
    parentSpanId: parentSpanId === '' ? undefined : parentSpanId,
    name,
    startNs,
    endNs: endNs === 0n ? undefined : endNs,
    status: statusOf(statusCode),
    statusMessage,
    attributes,
    events,
    links,
  };
}

function readEvent(message: ProtobufReader): ReceivedEvent {
  let name = '';
  let timeNs = 0n;
  const attributes = new Map<string, string>();
  message.message((field, reader) => {
    if (field === 1) timeNs = reader.fixed64();
    else if (field === 2) name = reader.string();
    else if (field === 3) readAttribute(reader, attributes);
  });
  return { name, timeNs, attributes };
}

function readLink(message: ProtobufReader): ReceivedLink {
  let traceId = '';
  let spanId = '';
  const attributes = new Map<string, string>();
  message.message((field, reader) => {
    if (field === 1) traceId = reader.hex();
    else if (field === 2) spanId = reader.hex();
    else if (field === 4) readAttribute(reader, attributes);
  });
  return { traceId, spanId, attributes };
}

function readAttribute(message: ProtobufReader, into: Map<string, string>): void {
  let key = '';
  let value = 'null';
  message.message((field, reader) => {
    if (field === 1) key = reader.string();
    else if (field === 2) value = readAnyValue(reader);
  });
  into.set(key, value);
}

/** An AnyValue as JSON; one without a value is null. */
function readAnyValue(message: ProtobufReader): string {
  let json = 'null';
  message.message((field, reader) => {
    switch (field) {
      case 1:
        json = JSON.stringify(reader.string());
        break;
      case 2:
        json = String(reader.int64() !== 0n);
        break;
      case 3:
        json = String(reader.int64());
        break;
      case 4:
        json = pythonFloat(reader.double());
        break;
      case 5:
        json = readArray(reader);
        break;
      case 6:
        json = readKeyValues(reader);
        break;
      case 7:
        json = JSON.stringify(reader.base64());
        break;
    }
  });
  return json;
}

function readArray(message: ProtobufReader): string {
  const values: string[] = [];
  message.message((field, reader) => {
    if (field === 1) values.push(readAnyValue(reader));
  });
  return `[${values.join(', ')}]`;
}

function readKeyValues(message: ProtobufReader): string {
  const members = new Map<string, string>();
  message.message((field, reader) => {
    if (field === 1) readAttribute(reader, members);
  });
  return pythonObject(members);
}
