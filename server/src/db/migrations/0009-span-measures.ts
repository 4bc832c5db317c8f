import type { Ddl, Migration } from '../migrate.ts';

const MODEL = 'mlflow.llm.model';
const PROVIDER = 'mlflow.llm.provider';
/** Characters of a model's or provider's name that count. */
const MAX_NAME = 500;

/** Where a span's content says when it ended. */
const ENDS = `'"start_time_unix_nano": [0-9]+, "end_time_unix_nano": ([0-9]+)'`;

/** What sums over spans need beside the content, which is too large to be read for them. */
export const spanMeasures: Migration = {
  version: 9,
  name: 'span measures',
  statements: (ddl) => [
    `ALTER TABLE spans ADD COLUMN end_ns ${ddl.int}`,
    `ALTER TABLE spans ADD COLUMN model_name ${ddl.text}`,
    `ALTER TABLE spans ADD COLUMN model_provider ${ddl.text}`,
    `ALTER TABLE spans ADD COLUMN input_cost ${ddl.float}`,
    `ALTER TABLE spans ADD COLUMN output_cost ${ddl.float}`,
    `ALTER TABLE spans ADD COLUMN total_cost ${ddl.float}`,
    ...backfill(ddl),
    // Holds all that is summed: SQLite would otherwise walk through every span's content. PostgreSQL keeps long contents
    // elsewhere, and bounds the size of an entry.
    ...(ddl.engine === 'sqlite'
      ? [
          `CREATE INDEX spans_measured ON spans (trace_no, name, type, status, start_ns, end_ns, model_name,
             model_provider, input_cost, output_cost, total_cost)`,
        ]
      : []),
  ],
};

function backfill({ engine }: Ddl): readonly string[] {
  if (engine === 'sqlite') {
    // The attributes are texts that hold JSON themselves.
    const attribute = (key: string) => {
      const json = `content ->> '$.attributes."${key}"'`;
      return `CASE WHEN json_valid(${json}) THEN CASE json_type(${json}) WHEN 'text' THEN substr(${json} ->> '$', 1, ${MAX_NAME}) END END`;
    };
    return [
      `UPDATE spans SET end_ns = content ->> '$.end_time_unix_nano', model_name = ${attribute(MODEL)},
         model_provider = ${attribute(PROVIDER)} WHERE json_valid(content, 2)`,
      `UPDATE spans SET input_cost = cost ->> '$.input_cost', output_cost = cost ->> '$.output_cost',
         total_cost = cost ->> '$.total_cost' WHERE cost IS NOT NULL`,
    ];
  }
  // PostgreSQL's JSON refuses some of what spans may hold (NaN, the escape of U+0000): the places are found in the text.
  const attribute = (key: string) =>
    `left(substring(content from '"${key.replaceAll('.', '\\.')}": "\\\\"([^"\\\\]*)\\\\""'), ${MAX_NAME})`;
  return [
    `UPDATE spans SET end_ns = least(substring(content from ${ENDS})::numeric, 9223372036854775807)::bigint
     WHERE content ~ ${ENDS}`,
    `UPDATE spans SET model_name = ${attribute(MODEL)}, model_provider = ${attribute(PROVIDER)}`,
    `UPDATE spans SET input_cost = (cost::json ->> 'input_cost')::float8,
       output_cost = (cost::json ->> 'output_cost')::float8, total_cost = (cost::json ->> 'total_cost')::float8
     WHERE cost IS NOT NULL`,
  ];
}
