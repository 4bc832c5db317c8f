import type { DatabricksRoute } from './databricks/routes.ts';
import { describeAccess } from './route-access.ts';

interface DescribedRoute {
  readonly path: string;
  readonly method: string;
  readonly operation: object;
}

/** A colon within a segment is a plain one: `registered-models:is-enabled`. */
const PARAMETER = /(?<=\/):(\w+)/g;

/**
 * The operations of an OpenAPI document for Databricks' protocol: what each does and needs, and the parameters of its
 * path. Its fields are those of that protocol's own documents.
 * @param errors what every route may answer besides, by status.
 */
export function describeDatabricks(
  routes: readonly DatabricksRoute[],
  errors: Readonly<Record<string, object>>,
): readonly DescribedRoute[] {
  return routes.map(({ method, path, summary, access }) => {
    const named = path.replace(/\*$/, ':artifact_path');
    const inPath = [...named.matchAll(PARAMETER)].map(([, name]) => name!);
    return {
      path: named.replace(PARAMETER, '{$1}'),
      method: method.toLowerCase(),
      operation: {
        operationId: `${method} ${path}`,
        summary,
        tags: ['databricks'],
        'x-needs': describeAccess(access),
        ...(inPath.length > 0 && {
          parameters: inPath.map((name) => ({
            name,
            in: 'path',
            required: true,
            schema: { type: 'string', minLength: 1 },
          })),
        }),
        responses: { 200: { description: 'Done.' }, ...errors },
      },
    };
  });
}
