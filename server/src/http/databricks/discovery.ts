import type { WorkspaceIdentity } from '../../governance/workspace-identity.ts';
import { originOf } from '../authenticate.ts';
import type { RawRoute } from '../routes.ts';

/** Asked by every client before each of its calls, which is why nobody counts or logs it. */
export const DISCOVERY_PATH = '/.well-known/databricks-config';

/** What the SDKs ask first: where to sign in, and the number of the workspace. */
export function discoveryRoute(identity: WorkspaceIdentity): RawRoute {
  const rest = JSON.stringify({
    account_id: identity.accountId,
    workspace_id: identity.workspaceId,
    cloud: 'AWS',
  }).slice(1);
  return {
    method: 'GET',
    path: DISCOVERY_PATH,
    access: 'open',
    description: {
      summary: "Tells Databricks' clients the number of this workspace",
      tag: 'databricks',
      answers: { 200: { description: 'What the clients ask first.', types: ['application/json'] } },
    },
    async handle(request, reply) {
      const endpoint = JSON.stringify(`${originOf(request)}/oidc`);
      return reply.type('application/json').send(`{"oidc_endpoint":${endpoint},${rest}`);
    },
  };
}
