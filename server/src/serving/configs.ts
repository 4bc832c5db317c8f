import type { Transaction } from '../db/port.ts';
import type { Principal } from '../governance/access.ts';
import { AppError } from '../kernel/errors.ts';
import type { DeletionGuard } from '../registry/guards.ts';
import { type NumberedVersion, numberVersion, resolveAlias } from '../registry/version-contents.ts';
import * as repository from './configs-repository.ts';
import type { EndpointConfig } from './endpoint-config.ts';

/** Older configurations than these are forgotten. */
const KEPT = 50;

export interface NewConfigVersion {
  readonly endpointNo: number;
  readonly version: number;
  readonly config: EndpointConfig;
  readonly by: Pick<Principal, 'id' | 'name'>;
  readonly cause: 'api' | 'alias';
  readonly nowMs: number;
}

/**
 * Keeps a configuration that is to be brought up, with the version that each of its entities means now.
 * @throws AppError NotFound for a version or an alias that is not there.
 */
export async function insertConfigVersion(tx: Transaction, input: NewConfigVersion): Promise<void> {
  const { endpointNo, version, config, by, cause, nowMs } = input;
  const resolved: NumberedVersion[] = [];
  for (const { model, target } of config.entities) {
    resolved.push(
      target.by === 'version'
        ? await numberVersion(tx, model, target.version)
        : await resolveAlias(tx, model, target.alias),
    );
  }
  await repository.insertConfig(tx, {
    endpoint_no: endpointNo,
    config_version: version,
    body: JSON.stringify(config),
    made_by_id: by.id,
    made_by: by.name,
    cause,
    state: 'ROLLING',
    created_at: nowMs,
  });
  await repository.insertEntities(
    tx,
    config.entities.map(({ name, model, target }, position) => ({
      endpoint_no: endpointNo,
      config_version: version,
      name,
      position,
      model_no: resolved[position]!.modelNo,
      model_name: model,
      version: resolved[position]!.version,
      alias: target.by === 'alias' ? target.alias : null,
    })),
  );
  await repository.deleteOldConfigs(tx, endpointNo, version - KEPT);
}

/** Refuses to delete what an endpoint serves, or brings up. */
export const guardServedVersions: DeletionGuard = async (sql, { name, version }) => {
  const found = await repository.findServing(sql, { stored: name, version });
  if (found === undefined) return;
  throw new AppError(
    'Conflict',
    `A serving endpoint serves version ${found.version} of '${name.slice(0, 256)}': take it out of the endpoint first.`,
    { field: 'version', cause: new Error(`It is the endpoint '${found.name}'.`) },
  );
};
