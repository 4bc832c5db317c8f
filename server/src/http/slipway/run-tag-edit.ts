import type { RunTagEdits } from '../../tracking/run-tag-edit.ts';
import { optionalString, requiredString } from '../mlflow/fields.ts';
import type { MlflowRoute } from '../mlflow/routes.ts';
import { needs, type Targets } from '../mlflow/targets.ts';

/** `POST slipway/v1/runs/edit-tag`: a tag is set, or without `value` removed, if it still is as it was `seen`. */
export function runTagEditRoutes(edits: RunTagEdits, targets: Targets): readonly MlflowRoute[] {
  return [
    {
      method: 'POST',
      path: 'slipway/v1/runs/edit-tag',
      access: needs('experiment.edit', targets.ofRun),
      request: [
        { name: 'run_id', type: 'string', required: true },
        { name: 'key', type: 'string', required: true },
        { name: 'value', type: 'string' },
        { name: 'seen', type: 'string' },
      ],
      async handle({ message }) {
        await edits.edit({
          runId: requiredString(message, 'run_id'),
          key: requiredString(message, 'key'),
          value: optionalString(message, 'value'),
          seen: optionalString(message, 'seen'),
        });
        return {};
      },
    },
  ];
}
