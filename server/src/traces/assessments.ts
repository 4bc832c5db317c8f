import type { Database, Sql } from '../db/port.ts';
import type { Clock } from '../kernel/clock.ts';
import { alreadyExists, invalidArgument, notFound } from '../kernel/errors.ts';
import type { Assessment, AssessmentError, NewAssessment } from './assessment.ts';
import * as repository from './assessments-repository.ts';
import { completeAssessment } from './new-assessment.ts';
import { type OnTraceChange, tellAfterCommit } from './trace-change.ts';
import { traceNotFound } from './traces.ts';
import { findTrace, lockTrace } from './traces-repository.ts';

/** What of an assessment is to change; the rest stays. */
export interface AssessmentChange {
  readonly name?: string | undefined;
  readonly value?:
    | {
        readonly kind: 'feedback' | 'expectation';
        readonly json: string;
        readonly error: AssessmentError | undefined;
      }
    | undefined;
  readonly rationale?: string | undefined;
  /** Added to the metadata that is there. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

export interface AssessmentsDependencies {
  readonly db: Database;
  readonly clock: Clock;
  readonly onChange: OnTraceChange;
}

/** Feedback on traces and expectations of them. */
export function createAssessments({ db, clock, onChange }: AssessmentsDependencies) {
  async function find(sql: Sql, traceId: string, assessmentId: string): Promise<repository.FoundAssessment> {
    const found = await repository.findAssessment(sql, traceId, assessmentId);
    if (found !== undefined) return found;
    if ((await findTrace(sql, traceId)) === undefined) {
      throw notFound(`Trace with request_id '${traceId.slice(0, 200)}' not found`);
    }
    throw missing(traceId, assessmentId);
  }

  return {
    /**
     * @throws AppError NotFound for the trace or the assessment that is to be overridden, AlreadyExists for an id in use.
     */
    async create(traceId: string, given: NewAssessment): Promise<Assessment> {
      const assessment = completeAssessment(given, { traceId, nowMs: clock.nowMs() });
      return db.write(async (tx) => {
        const row = await lockTrace(tx, traceId);
        if (row === undefined) throw traceNotFound(traceId);
        const traceNo = row.trace_no;
        const taken =
          (await repository.findAssessment(tx, traceId, assessment.assessmentId)) ??
          (await repository.listForeignIds(tx, traceNo, [assessment.assessmentId]))[0];
        if (taken !== undefined) {
          throw alreadyExists(`Assessment with ID '${assessment.assessmentId}' already exists.`);
        }
        const { overrides } = assessment;
        if (
          overrides !== undefined &&
          !(await repository.setValid(tx, { traceNo, assessmentId: overrides, valid: false }))
        ) {
          throw missing(traceId, overrides);
        }
        await repository.upsertAssessments(tx, traceNo, [assessment]);
        tellAfterCommit(tx, onChange, row);
        return assessment;
      });
    },

    /** @throws AppError NotFound */
    async get(traceId: string, assessmentId: string): Promise<Assessment> {
      return db.read(async (sql) => (await find(sql, traceId, assessmentId)).assessment);
    },

    /** @throws AppError NotFound, InvalidArgument for a value of the other kind. */
    async update(traceId: string, assessmentId: string, change: AssessmentChange): Promise<Assessment> {
      return db.write(async (tx) => {
        const row = await lockTrace(tx, traceId);
        const { traceNo, assessment } = await find(tx, traceId, assessmentId);
        const updated = changed(assessment, change, clock.nowMs());
        await repository.upsertAssessments(tx, traceNo, [updated]);
        if (row !== undefined) tellAfterCommit(tx, onChange, row);
        return updated;
      });
    },

    /** Deletes an assessment if it is there; the one that it stood in for is valid again. */
    async delete(traceId: string, assessmentId: string): Promise<void> {
      await db.write(async (tx) => {
        const row = await lockTrace(tx, traceId);
        const found = await repository.findAssessment(tx, traceId, assessmentId);
        if (row === undefined || found === undefined) return;
        const { overrides } = found.assessment;
        if (overrides !== undefined) {
          await repository.setValid(tx, { traceNo: found.traceNo, assessmentId: overrides, valid: true });
        }
        await repository.deleteAssessment(tx, assessmentId);
        tellAfterCommit(tx, onChange, row);
      });
    },
  };
}

export type Assessments = ReturnType<typeof createAssessments>;

const missing = (traceId: string, assessmentId: string) =>
  notFound(
    `Assessment with ID '${assessmentId.slice(0, 200)}' not found for trace '${traceId.slice(0, 200)}'`,
  );

function changed(assessment: Assessment, change: AssessmentChange, nowMs: number): Assessment {
  const { value } = change;
  if (value !== undefined && value.kind !== assessment.kind) {
    const name = (kind: string) => `${kind[0]!.toUpperCase()}${kind.slice(1)}`;
    throw invalidArgument(
      `Cannot update ${value.kind} value on ${/^[aei]/.test(assessment.kind) ? 'an' : 'a'} ${name(assessment.kind)} assessment.`,
      { field: value.kind },
    );
  }
  return {
    ...assessment,
    name: change.name ?? assessment.name,
    value: value?.json ?? assessment.value,
    error: value === undefined ? assessment.error : value.error,
    rationale: change.rationale ?? assessment.rationale,
    metadata:
      change.metadata === undefined ? assessment.metadata : { ...assessment.metadata, ...change.metadata },
    updatedAtMs: nowMs,
  };
}
