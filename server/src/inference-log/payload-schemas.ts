import type { CellValue, FormatRows } from '../delta/parquet.ts';
import type { TableColumn } from '../delta/schema.ts';
import type { JournalRow } from './record.ts';
import type { InferenceTableKind } from './recorder.ts';

/** The columns of a kind of table, as Databricks has them, and how a record fills them. */
export interface PayloadSchema {
  readonly columns: readonly TableColumn[];
  readonly partitionColumn: string;
  readonly timeColumn: string;
  /** A time as the statistics of files have it. */
  readonly boundOf: (timeMs: number) => string | number;
  /** By the names of the columns. */
  readonly cellsOf: (row: JournalRow) => Readonly<Record<string, CellValue>>;
}

const legacy: PayloadSchema = {
  columns: [
    { name: 'databricks_request_id', type: 'string', comment: 'Id of the request, made by the server' },
    { name: 'client_request_id', type: 'string', comment: 'Id of the request, given by the caller' },
    { name: 'date', type: 'date', comment: 'Day of the request, UTC' },
    { name: 'timestamp_ms', type: 'long', comment: 'When the request came, milliseconds since 1970, UTC' },
    { name: 'status_code', type: 'integer', comment: 'HTTP status of the answer' },
    { name: 'sampling_fraction', type: 'double', comment: 'Share of the requests that is logged' },
    { name: 'execution_time_ms', type: 'long', comment: 'Time from the request to the answer' },
    { name: 'request', type: 'string', comment: 'Body of the request' },
    { name: 'response', type: 'string', comment: 'Body of the answer' },
    {
      name: 'request_metadata',
      type: 'map<string,string>',
      comment:
        'endpoint_name, model_name and model_version; request_cut and response_cut where a body was too large',
    },
  ],
  partitionColumn: 'date',
  timeColumn: 'timestamp_ms',
  boundOf: (timeMs) => timeMs,
  cellsOf: (row) => ({
    databricks_request_id: row.requestId,
    client_request_id: row.clientRequestId ?? null,
    timestamp_ms: row.timestampMs,
    status_code: row.status,
    sampling_fraction: row.samplingFraction,
    execution_time_ms: Math.round(row.executionUs / 1000),
    request: row.request,
    response: row.response,
    request_metadata: {
      endpoint_name: row.entity.endpointName,
      model_name: row.entity.modelName,
      model_version: row.entity.modelVersion,
      ...(row.requestCut && { request_cut: 'true' }),
      ...(row.responseCut && { response_cut: 'true' }),
    },
  }),
};

const gateway: PayloadSchema = {
  columns: [
    { name: 'databricks_request_id', type: 'string', comment: 'Id of the request, made by the server' },
    { name: 'request_date', type: 'date', comment: 'Day of the request, UTC' },
    { name: 'client_request_id', type: 'string', comment: 'Id of the request, given by the caller' },
    { name: 'request_time', type: 'timestamp', comment: 'When the request came' },
    { name: 'status_code', type: 'integer', comment: 'HTTP status of the answer' },
    { name: 'sampling_fraction', type: 'double', comment: 'Share of the requests that is logged' },
    { name: 'execution_duration_ms', type: 'long', comment: 'Time from the request to the answer' },
    { name: 'request', type: 'string', comment: 'Body of the request' },
    { name: 'response', type: 'string', comment: 'Body of the answer' },
    {
      name: 'logging_error_codes',
      type: 'array<string>',
      comment: 'MAX_REQUEST_SIZE_EXCEEDED, MAX_RESPONSE_SIZE_EXCEEDED: the body was cut',
    },
    { name: 'served_entity_id', type: 'string', comment: 'Id of the served entity that answered' },
    { name: 'requester', type: 'string', comment: 'Who asked' },
  ],
  partitionColumn: 'request_date',
  timeColumn: 'request_time',
  boundOf: (timeMs) => new Date(timeMs).toISOString(),
  cellsOf: (row) => ({
    databricks_request_id: row.requestId,
    client_request_id: row.clientRequestId ?? null,
    request_time: row.timestampMs,
    status_code: row.status,
    sampling_fraction: row.samplingFraction,
    execution_duration_ms: Math.round(row.executionUs / 1000),
    request: row.request,
    response: row.response,
    logging_error_codes: [
      ...(row.requestCut ? ['MAX_REQUEST_SIZE_EXCEEDED'] : []),
      ...(row.responseCut ? ['MAX_RESPONSE_SIZE_EXCEEDED'] : []),
    ],
    served_entity_id: row.entity.servedEntityId,
    requester: row.requester ?? null,
  }),
};

export const PAYLOAD_SCHEMAS: Readonly<Record<InferenceTableKind, PayloadSchema>> = { legacy, gateway };

/** The columns that lie in the files themselves: a partition's value is in the log alone. */
export const storedColumns = ({
  columns,
  partitionColumn,
}: Pick<PayloadSchema, 'columns' | 'partitionColumn'>) =>
  columns.filter(({ name }) => name !== partitionColumn);

/** The rows of a segment, as its table wants them. */
export function payloadRows(kind: InferenceTableKind, rows: Iterable<JournalRow>): FormatRows {
  const schema = PAYLOAD_SCHEMAS[kind];
  const columns = storedColumns(schema);
  return {
    columns,
    timeColumn: schema.timeColumn,
    rows: (function* () {
      for (const row of rows) {
        const cells = schema.cellsOf(row);
        yield { partition: dayOf(row.timestampMs), values: columns.map(({ name }) => cells[name]!) };
      }
    })(),
  };
}

/** `YYYY-MM-DD`, UTC. */
export const dayOf = (timeMs: number): string => new Date(timeMs).toISOString().slice(0, 10);
