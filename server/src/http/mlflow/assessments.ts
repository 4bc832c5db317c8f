import { invalidArgument } from '../../kernel/errors.ts';
import type { AssessmentChange, Assessments } from '../../traces/assessments.ts';
import {
  readAssessment,
  readExpectation,
  readFeedback,
  readTextMap,
  renderAssessment,
} from './assessment-messages.ts';
import { missing, optionalObject, optionalString, requiredString } from './fields.ts';
import type { JsonObject } from './json.ts';
import type { MlflowRoute } from './routes.ts';
import { needs, type Targets } from './targets.ts';

const COLLECTION = '3.0/mlflow/traces/:trace_id/assessments';
const ONE = `${COLLECTION}/:assessment_id`;

export function assessmentRoutes(assessments: Assessments, targets: Targets): readonly MlflowRoute[] {
  return [
    {
      method: 'POST',
      path: COLLECTION,
      access: needs('experiment.edit', targets.ofTrace),
      async handle({ message, path }) {
        const given = readAssessment(assessmentOf(message), 'assessment');
        return { assessment: renderAssessment(await assessments.create(path.trace_id!, given)) };
      },
    },
    {
      method: 'GET',
      path: ONE,
      access: needs('experiment.read', targets.ofTrace),
      async handle({ path }) {
        return { assessment: renderAssessment(await assessments.get(path.trace_id!, path.assessment_id!)) };
      },
    },
    {
      method: 'PATCH',
      path: ONE,
      access: needs('experiment.edit', targets.ofTrace),
      async handle({ message, path }) {
        const change = readChange(assessmentOf(message), requiredString(message, 'update_mask'));
        return {
          assessment: renderAssessment(await assessments.update(path.trace_id!, path.assessment_id!, change)),
        };
      },
    },
    {
      method: 'DELETE',
      path: ONE,
      access: needs('experiment.edit', targets.ofTrace),
      async handle({ path }) {
        await assessments.delete(path.trace_id!, path.assessment_id!);
        return {};
      },
    },
  ];
}

function assessmentOf(message: JsonObject): JsonObject {
  const assessment = optionalObject(message, 'assessment');
  if (assessment === undefined) throw missing('assessment');
  return assessment;
}

/** What the mask names (in protobuf's JSON one text, `assessmentName,rationale`) out of the assessment. */
function readChange(assessment: JsonObject, mask: string): AssessmentChange {
  const named = new Set(
    mask.split(',').map((name) => name.trim().replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)),
  );
  if (named.has('valid')) {
    throw invalidArgument('Whether an assessment is valid follows from those that override it.', {
      field: 'update_mask',
    });
  }
  if (named.has('expectation') && named.has('feedback')) {
    throw invalidArgument('Cannot specify both `expectation` and `feedback` parameters.', {
      field: 'update_mask',
    });
  }
  return {
    ...(named.has('assessment_name') && {
      name: optionalString(assessment, 'assessment_name', 'assessment.assessment_name') ?? '',
    }),
    ...(named.has('feedback') && { value: feedbackOf(assessment) }),
    ...(named.has('expectation') && { value: expectationOf(assessment) }),
    ...(named.has('rationale') && {
      rationale: optionalString(assessment, 'rationale', 'assessment.rationale') ?? '',
    }),
    ...(named.has('metadata') && {
      metadata: readTextMap(assessment, 'metadata', 'assessment.metadata') ?? {},
    }),
  };
}

function feedbackOf(assessment: JsonObject): AssessmentChange['value'] {
  const feedback = optionalObject(assessment, 'feedback', 'assessment.feedback') ?? {};
  const { value, error } = readFeedback(feedback, 'assessment');
  return { kind: 'feedback', json: value, error };
}

function expectationOf(assessment: JsonObject): AssessmentChange['value'] {
  const expectation = optionalObject(assessment, 'expectation', 'assessment.expectation') ?? {};
  return { kind: 'expectation', json: readExpectation(expectation, 'assessment'), error: undefined };
}
