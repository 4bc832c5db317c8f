/** What somebody or something says about a trace: a feedback, an expectation, or an issue that it belongs to. */
export interface Assessment {
  readonly assessmentId: string;
  readonly traceId: string;
  readonly name: string;
  readonly kind: AssessmentKind;
  /** JSON, in Python's spelling. Of an issue: its name, as a JSON string. */
  readonly value: string;
  readonly error: AssessmentError | undefined;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly source: AssessmentSource;
  readonly spanId: string | undefined;
  readonly rationale: string | undefined;
  /** The assessment that this one stands in for; that one is not valid as long as this one is there. */
  readonly overrides: string | undefined;
  readonly valid: boolean;
  readonly metadata: Readonly<Record<string, string>> | undefined;
}

export type AssessmentKind = 'feedback' | 'expectation' | 'issue';

export const SOURCE_TYPES = { SOURCE_TYPE_UNSPECIFIED: 0, HUMAN: 1, LLM_JUDGE: 2, CODE: 3 } as const;

export interface AssessmentSource {
  readonly type: keyof typeof SOURCE_TYPES;
  readonly id: string | undefined;
}

export interface AssessmentError {
  readonly code: string;
  readonly message: string | undefined;
  readonly stackTrace: string | undefined;
}

/** An assessment as a caller gives it; what is left out is made here. */
export interface NewAssessment {
  readonly assessmentId?: string | undefined;
  readonly name: string;
  readonly kind: AssessmentKind;
  readonly value: string;
  readonly error: AssessmentError | undefined;
  readonly createdAtMs: number | undefined;
  readonly updatedAtMs: number | undefined;
  readonly source: AssessmentSource;
  readonly spanId: string | undefined;
  readonly rationale: string | undefined;
  readonly overrides: string | undefined;
  readonly metadata: Readonly<Record<string, string>> | undefined;
}
