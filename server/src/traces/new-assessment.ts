import { randomHexId } from '../kernel/ids.ts';
import type { Assessment, NewAssessment } from './assessment.ts';

/** Completes an assessment that a caller gave for a trace. */
export function completeAssessment(
  given: NewAssessment,
  { traceId, nowMs }: { readonly traceId: string; readonly nowMs: number },
): Assessment {
  return {
    ...given,
    assessmentId: given.assessmentId || `a-${randomHexId()}`,
    traceId,
    createdAtMs: given.createdAtMs || nowMs,
    updatedAtMs: given.updatedAtMs || nowMs,
    valid: true,
  };
}
