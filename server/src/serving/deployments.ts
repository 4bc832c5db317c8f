import { createHash } from 'node:crypto';
import type { NumberedVersion } from '../registry/version-contents.ts';
import { createDeployment, type Deployment, type DeploymentDependencies } from './deployment.ts';
import type { EntityConfig } from './endpoint-config.ts';
import { secretsIn } from './endpoint-rules.ts';

export interface WantedDeployment {
  readonly endpointId: string;
  readonly configVersion: number;
  readonly of: NumberedVersion;
  readonly entity: EntityConfig;
  readonly makerId: string;
}

export interface Deployments {
  /** The one that is there already, where nothing differs but names and traffic. `release` it once. */
  acquire(wanted: WantedDeployment): Deployment;
  release(deployment: Deployment, options: { readonly drainMs: number }): Promise<void>;
  list(): readonly Deployment[];
  close(): Promise<void>;
}

/** What this process serves: configurations of one endpoint share what they have in common. */
export function createDeployments(dependencies: DeploymentDependencies): Deployments {
  const known = new Map<string, { readonly deployment: Deployment; users: number }>();
  let made = 0;

  return {
    acquire(wanted) {
      const name = nameOf(wanted);
      const found = known.get(name);
      if (found !== undefined) {
        found.users += 1;
        return found.deployment;
      }
      made += 1;
      // Not the name alone: one that is being closed may have that yet.
      const key = `${name}-${made}`;
      const { of, entity, makerId } = wanted;
      const deployment = createDeployment({ key, of, entity, makerId }, dependencies);
      known.set(name, { deployment, users: 1 });
      return deployment;
    },

    async release(deployment, options) {
      for (const [name, entry] of known) {
        if (entry.deployment !== deployment) continue;
        entry.users -= 1;
        if (entry.users > 0) return;
        known.delete(name);
        await deployment.close(options);
        return;
      }
    },

    list: () => [...known.values()].map(({ deployment }) => deployment),

    async close() {
      const all = [...known.values()];
      known.clear();
      await Promise.all(all.map(({ deployment }) => deployment.close({ drainMs: 0 })));
    },
  };
}

/** 40 hex digits of all that decides what runs. A configuration with secrets is one of its own: they are read anew. */
function nameOf({ endpointId, configVersion, of, entity, makerId }: WantedDeployment): string {
  const { size, workloadType, scaleToZero, variables, compiledLane } = entity;
  const own = secretsIn(variables).length > 0 ? configVersion : 0;
  const { modelNo, version } = of;
  return createHash('sha256')
    .update(
      JSON.stringify([
        endpointId,
        modelNo,
        version,
        size,
        workloadType,
        scaleToZero,
        compiledLane ?? 'auto',
        variables,
        makerId,
        own,
      ]),
    )
    .digest('hex')
    .slice(0, 40);
}
