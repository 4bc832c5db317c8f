import type { Access } from '../../governance/access.ts';
import type { BulkAction, BulkTarget, RunBulk } from '../../tracking/run-bulk.ts';
import {
  invalid,
  missing,
  optionalObject,
  optionalString,
  requiredString,
  stringList,
} from '../mlflow/fields.ts';
import type { JsonObject } from '../mlflow/json.ts';
import type { MlflowRoute } from '../mlflow/routes.ts';
import { experimentTarget, type Targets } from '../mlflow/targets.ts';
import { requireOn, type Target } from '../route-access.ts';
import { readListQuery } from './run-table.ts';

/** One change made to many runs, so that the page need not send ten thousand calls. */
export function runBulkRoutes(bulk: RunBulk, targets: Targets): readonly MlflowRoute[] {
  async function ofTarget(target: BulkTarget): Promise<readonly Target[]> {
    if ('query' in target) return target.query.experimentNos.map((no) => experimentTarget(no));
    return targets.runTargets(target.runIds);
  }

  return [
    {
      method: 'POST',
      path: 'slipway/v1/runs/bulk',
      access: 'filtered',
      compressed: true,
      request: [
        { name: 'action', type: 'string', required: true },
        { name: 'run_ids', type: 'string', repeated: true },
        { name: 'query', type: 'any' },
        { name: 'key', type: 'string' },
        { name: 'value', type: 'string' },
      ],
      async handle({ message, caller }) {
        const action = readAction(message);
        const target = readTarget(message, caller.access);
        const needed =
          action.kind === 'set-tag' || action.kind === 'delete-tag' ? 'experiment.edit' : 'experiment.manage';
        if (!caller.access.principal.isAdmin) requireOn(caller.access, needed, await ofTarget(target));
        const { runIds, previous, refused } = await bulk.change(target, action);
        return {
          changed: runIds.length,
          run_ids: runIds,
          ...(previous !== undefined && { previous }),
          ...(refused.length > 0 && {
            refused: refused.map(({ runId, message: reason }) => ({ run_id: runId, message: reason })),
          }),
        };
      },
    },
  ];
}

function readAction(message: JsonObject): BulkAction {
  const kind = requiredString(message, 'action');
  switch (kind) {
    case 'delete':
    case 'restore':
      return { kind };
    case 'set-tag': {
      const key = requiredString(message, 'key');
      const value = optionalString(message, 'value');
      if (value === undefined) throw missing('value');
      return { kind, key, value };
    }
    case 'delete-tag':
      return { kind, key: requiredString(message, 'key') };
    default:
      throw invalid('action', kind, 'expected one of delete, restore, set-tag, delete-tag.');
  }
}

function readTarget(message: JsonObject, access: Access): BulkTarget {
  const runIds = stringList(message, 'run_ids');
  const query = optionalObject(message, 'query');
  if (query === undefined) {
    if (runIds.length === 0) throw missing('run_ids');
    return { runIds };
  }
  if (runIds.length > 0) throw invalid('query', '{…}', 'run_ids and query exclude each other.');
  return { query: readListQuery(query, access) };
}
