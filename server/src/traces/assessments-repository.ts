import type { Sql, SqlValue, Transaction } from '../db/port.ts';
import type { Assessment, AssessmentError, AssessmentKind, AssessmentSource } from './assessment.ts';
import { MetadataKey } from './trace.ts';

interface AssessmentRow {
  readonly assessment_id: string;
  readonly trace_no: number;
  readonly trace_id: string;
  readonly name: string;
  readonly kind: AssessmentKind;
  readonly value: string;
  readonly error: string | null;
  readonly created_at: number;
  readonly updated_at: number;
  readonly source_type: AssessmentSource['type'];
  readonly source_id: string | null;
  readonly span_id: string | null;
  readonly rationale: string | null;
  readonly overrides: string | null;
  readonly valid: number;
  readonly metadata: string | null;
}

const SELECT = `SELECT a.assessment_id, a.trace_no, t.trace_id, a.name, a.kind, a.value, a.error, a.created_at, a.updated_at,
  a.source_type, a.source_id, a.span_id, a.rationale, a.overrides, a.valid, a.metadata
  FROM trace_assessments a JOIN traces t ON t.trace_no = a.trace_no`;

export interface FoundAssessment {
  readonly traceNo: number;
  readonly assessment: Assessment;
}

export async function listAssessments(sql: Sql, traceNos: readonly number[]): Promise<FoundAssessment[]> {
  if (traceNos.length === 0) return [];
  const rows = await sql.all<AssessmentRow>(
    `${SELECT} WHERE ${sql.dialect.inList('a.trace_no', 'bigint')} ORDER BY a.trace_no, a.created_at, a.assessment_no`,
    [sql.dialect.list(traceNos)],
  );
  return rows.map((row) => ({ traceNo: row.trace_no, assessment: fromRow(row) }));
}

export async function findAssessment(
  sql: Sql,
  traceId: string,
  assessmentId: string,
): Promise<FoundAssessment | undefined> {
  const row = await sql.get<AssessmentRow>(`${SELECT} WHERE t.trace_id = ? AND a.assessment_id = ?`, [
    traceId,
    assessmentId,
  ]);
  return row && { traceNo: row.trace_no, assessment: fromRow(row) };
}

function fromRow(row: AssessmentRow): Assessment {
  return {
    assessmentId: row.assessment_id,
    traceId: row.trace_id,
    name: row.name,
    kind: row.kind,
    value: row.value,
    error: row.error === null ? undefined : (JSON.parse(row.error) as AssessmentError),
    createdAtMs: row.created_at,
    updatedAtMs: row.updated_at,
    source: { type: row.source_type, id: row.source_id ?? undefined },
    spanId: row.span_id ?? undefined,
    rationale: row.rationale ?? undefined,
    overrides: row.overrides ?? undefined,
    valid: row.valid === 1,
    metadata: row.metadata === null ? undefined : (JSON.parse(row.metadata) as Record<string, string>),
  };
}

const COLUMNS = {
  assessment_id: 'text',
  trace_no: 'bigint',
  name: 'text',
  kind: 'text',
  value: 'text',
  number: 'double',
  error: 'text',
  created_at: 'bigint',
  updated_at: 'bigint',
  source_type: 'text',
  source_id: 'text',
  span_id: 'text',
  rationale: 'text',
  overrides: 'text',
  valid: 'bigint',
  metadata: 'text',
  covers_session: 'bigint',
} as const;

/** Which of the ids are taken by assessments of other traces. */
export async function listForeignIds(
  sql: Sql,
  traceNo: number,
  assessmentIds: readonly string[],
): Promise<string[]> {
  const rows = await sql.all<{ assessment_id: string }>(
    `SELECT assessment_id FROM trace_assessments WHERE ${sql.dialect.inList('assessment_id', 'text')} AND trace_no <> ?`,
    [sql.dialect.list(assessmentIds), traceNo],
  );
  return rows.map((row) => row.assessment_id);
}

/** Writes assessments of a trace; one with the same id is replaced. */
export async function upsertAssessments(
  tx: Transaction,
  traceNo: number,
  assessments: readonly Assessment[],
): Promise<void> {
  const distinct = new Map(assessments.map((assessment) => [assessment.assessmentId, assessment]));
  await tx.insertMany(
    'trace_assessments',
    COLUMNS,
    Array.from(distinct.values(), (assessment) => toRow(traceNo, assessment)),
    {
      onConflict: {
        key: ['assessment_id'],
        update: Object.keys(COLUMNS).filter((column) => column !== 'assessment_id' && column !== 'trace_no'),
      },
    },
  );
}

function toRow(traceNo: number, assessment: Assessment): SqlValue[] {
  const { metadata, error, source } = assessment;
  const number = /^-?[\d.]/.test(assessment.value) ? Number(assessment.value) : null;
  return [
    assessment.assessmentId,
    traceNo,
    assessment.name,
    assessment.kind,
    assessment.value,
    number !== null && Number.isFinite(number) ? number : null,
    error === undefined ? null : JSON.stringify(error),
    assessment.createdAtMs,
    assessment.updatedAtMs,
    source.type,
    source.id ?? null,
    assessment.spanId ?? null,
    assessment.rationale ?? null,
    assessment.overrides ?? null,
    assessment.valid ? 1 : 0,
    metadata === undefined ? null : JSON.stringify(metadata),
    metadata !== undefined && Object.hasOwn(metadata, MetadataKey.session) ? 1 : 0,
  ];
}

export interface Validity {
  readonly traceNo: number;
  readonly assessmentId: string;
  readonly valid: boolean;
}

/** Whether there is such an assessment of the trace. */
export async function setValid(
  tx: Transaction,
  { traceNo, assessmentId, valid }: Validity,
): Promise<boolean> {
  const changed = await tx.run(
    'UPDATE trace_assessments SET valid = ? WHERE trace_no = ? AND assessment_id = ?',
    [valid ? 1 : 0, traceNo, assessmentId],
  );
  return changed > 0;
}

export async function deleteAssessment(tx: Transaction, assessmentId: string): Promise<void> {
  await tx.run('DELETE FROM trace_assessments WHERE assessment_id = ?', [assessmentId]);
}
