import type { WorkspaceIdentity } from './governance/workspace-identity.ts';
import { discoveryRoute } from './http/databricks/discovery.ts';
import type { DatabricksRoute } from './http/databricks/routes.ts';
import { workspaceFactRoutes } from './http/databricks/workspace-facts.ts';
import type { RawRoute } from './http/routes.ts';

export interface DatabricksDependencies {
  readonly identity: WorkspaceIdentity;
}

export interface DatabricksSurface {
  readonly routes: readonly DatabricksRoute[];
  /** Those that read and answer streams themselves. */
  readonly rawRoutes: readonly RawRoute[];
}

/** Puts Databricks' protocol together over what `compose.ts` has made. */
export function composeDatabricks({ identity }: DatabricksDependencies): DatabricksSurface {
  return {
    routes: [...workspaceFactRoutes(identity)],
    rawRoutes: [discoveryRoute(identity)],
  };
}
