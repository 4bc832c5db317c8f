import type { FormatRows } from '../delta/parquet.ts';
import type { TableColumn } from '../delta/schema.ts';
import { dayOf } from './payload-schemas.ts';

/** A label or a measure that came late, for one request or one row of it. */
export interface FeedbackRow {
  readonly requestId: string;
  /** Counted from 0; undefined for the request as a whole. */
  readonly row: number | undefined;
  readonly name: string;
  readonly text: string | undefined;
  readonly number: number | undefined;
  readonly atMs: number;
  readonly madeBy: string;
}

export const FEEDBACK_SCHEMA = {
  columns: [
    { name: 'databricks_request_id', type: 'string', comment: 'The request that this is about' },
    { name: 'request_row', type: 'long', comment: 'Which of its rows, from 0; null for all of it' },
    { name: 'date', type: 'date', comment: 'Day of the feedback, UTC' },
    { name: 'timestamp_ms', type: 'long', comment: 'When it was so, milliseconds since 1970, UTC' },
    { name: 'name', type: 'string', comment: 'What was found: label, or the name of a measure' },
    { name: 'value', type: 'string', comment: 'The value as text' },
    { name: 'value_double', type: 'double', comment: 'The value, where it is a number' },
    { name: 'made_by', type: 'string', comment: 'Who told it' },
  ] satisfies readonly TableColumn[] as readonly TableColumn[],
  partitionColumn: 'date',
  timeColumn: 'timestamp_ms',
} as const;

/** Rows of feedback as their table wants them. */
export function feedbackRows(rows: Iterable<FeedbackRow>): FormatRows {
  return {
    columns: FEEDBACK_SCHEMA.columns.filter(({ name }) => name !== FEEDBACK_SCHEMA.partitionColumn),
    timeColumn: FEEDBACK_SCHEMA.timeColumn,
    rows: (function* () {
      for (const { requestId, row = null, atMs, name, text = null, number = null, madeBy } of rows)
        yield { partition: dayOf(atMs), values: [requestId, row, atMs, name, text, number, madeBy] };
    })(),
  };
}
