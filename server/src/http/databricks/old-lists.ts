import type { Models } from '../../registry/models.ts';
import type { Experiments } from '../../tracking/experiments.ts';
import { parseViewType, renderExperiment } from '../mlflow/experiments.ts';
import { renderModel } from '../mlflow/registry-rendering.ts';
import type { VersionOrigins } from '../version-origins.ts';
import { pageSizeOf } from './messages.ts';
import type { DatabricksCall, DatabricksRoute } from './routes.ts';

export interface OldListRoutesDependencies {
  readonly experiments: Pick<Experiments, 'search'>;
  readonly models: Pick<Models, 'search'>;
  readonly origins: VersionOrigins;
}

const PAGE = { usual: 1000, most: 1000 };

/** Lists that MLflow itself no longer has, and that the command line and the SDKs of Databricks still ask. */
export function oldListRoutes({
  experiments,
  models,
  origins,
}: OldListRoutesDependencies): readonly DatabricksRoute[] {
  const pageOf = ({ query }: DatabricksCall) => ({
    filter: undefined,
    orderBy: [],
    maxResults: pageSizeOf(query, PAGE),
    pageToken: query.page_token || undefined,
  });
  return [
    {
      method: 'GET',
      path: '/api/2.0/mlflow/experiments/list',
      summary: 'Lists the experiments that the caller may read',
      access: 'filtered',
      async handle(call) {
        const { items, nextPageToken } = await experiments.search({
          ...pageOf(call),
          viewType: parseViewType(call.query, 'view_type'),
          visible: call.caller.access.visibleExperiments(),
        });
        return {
          experiments: items.map(renderExperiment),
          ...(nextPageToken !== undefined && { next_page_token: nextPageToken }),
        };
      },
    },
    {
      method: 'GET',
      path: '/api/2.0/mlflow/registered-models/list',
      summary: 'Lists the registered models that the caller sees',
      access: 'filtered',
      async handle(call) {
        const { items, nextPageToken } = await models.search({
          ...pageOf(call),
          visible: call.caller.access.visibleModels(),
        });
        return {
          registered_models: (await origins.ofModels(call.caller.access, items)).map(renderModel),
          ...(nextPageToken !== undefined && { next_page_token: nextPageToken }),
        };
      },
    },
  ];
}
