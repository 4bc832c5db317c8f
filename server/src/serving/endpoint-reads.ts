import type { Database, Sql } from '../db/port.ts';
import type { Clock } from '../kernel/clock.ts';
import * as configs from './configs-repository.ts';
import type { EndpointConfig, EntityConfig } from './endpoint-config.ts';
import type { EntityState } from './endpoint-states.ts';
import { livingSince } from './nodes.ts';
import * as nodes from './nodes-repository.ts';

/** A configuration that an endpoint has, had, or was to have. */
export interface PastConfig {
  readonly version: number;
  readonly state: configs.ConfigState;
  readonly message: string;
  readonly failedEntity: string | undefined;
  readonly madeBy: string;
  readonly cause: 'api' | 'alias';
  readonly createdAtMs: number;
  /** When it came to answer, stopped answering, or was given up; undefined while it is on its way. */
  readonly endedAtMs: number | undefined;
  readonly config: EndpointConfig;
  /** The resolved version, by entity. */
  readonly versions: Readonly<Record<string, number>>;
}

/** How far a server process is with a configuration. */
export interface ProcessState {
  readonly nodeId: string;
  readonly configVersion: number;
  readonly state: 'preparing' | 'ready' | 'failed';
  readonly atMs: number;
  readonly entities: Readonly<Record<string, EntityState>>;
}

/** An entity that serves a version of a model. */
export interface ServedAt {
  readonly endpointId: string;
  readonly endpoint: string;
  readonly entity: string;
  readonly version: number;
  readonly alias: string | undefined;
  readonly percent: number;
  readonly scaleToZero: EntityConfig['scaleToZero'];
  /** Whether it answers; otherwise it is on its way. */
  readonly isActive: boolean;
}

export type EndpointReads = ReturnType<typeof createEndpointReads>;

/** What pages show of endpoints beside how they are now. */
export function createEndpointReads({ db, clock }: { readonly db: Database; readonly clock: Clock }) {
  const listLive = (sql: Sql): Promise<string[]> => nodes.listLiveNodes(sql, livingSince(db, clock.nowMs()));

  return {
    /** The newest first. */
    async history(
      endpointNo: number,
      window: { readonly before: number | undefined; readonly limit: number },
    ): Promise<readonly PastConfig[]> {
      return db.read(async (sql) => {
        const rows = await configs.listBefore(sql, endpointNo, window);
        const entities = await configs.listEntities(sql, rows);
        return rows.map((row) => ({
          version: row.config_version,
          state: row.state,
          message: row.message,
          failedEntity: row.failed_entity ?? undefined,
          madeBy: row.made_by,
          cause: row.cause as PastConfig['cause'],
          createdAtMs: row.created_at,
          endedAtMs: row.ended_at ?? undefined,
          config: JSON.parse(row.body) as EndpointConfig,
          versions: Object.fromEntries(
            entities
              .filter(({ config_version: version }) => version === row.config_version)
              .map(({ name, version }) => [name, version]),
          ),
        }));
      });
    },

    /** How many server processes live on this database: this one, and those that it has heard of. */
    countProcesses: (): Promise<number> => db.read(async (sql) => Math.max(1, (await listLive(sql)).length)),

    /** What the live processes say of an endpoint's configurations. */
    async processes(endpointNo: number): Promise<readonly ProcessState[]> {
      return db.read(async (sql) => {
        const live = new Set(await listLive(sql));
        const states = await nodes.listStates(sql, [endpointNo]);
        return states
          .filter(({ node_id: id }) => live.has(id))
          .map((row) => ({
            nodeId: row.node_id,
            configVersion: row.config_version,
            state: row.state,
            atMs: row.at_ms,
            entities: JSON.parse(row.entities) as ProcessState['entities'],
          }));
      });
    },

    /** @param stored the name under which the model is kept */
    async servedAt(stored: string): Promise<readonly ServedAt[]> {
      const rows = await db.read((sql) => configs.listServing(sql, stored));
      return rows.map((row) => {
        const { entities, routes } = JSON.parse(row.body) as EndpointConfig;
        return {
          endpointId: row.endpoint_id,
          endpoint: row.endpoint,
          entity: row.entity,
          version: row.version,
          alias: row.alias ?? undefined,
          percent: routes.find(({ entity }) => entity === row.entity)?.percent ?? 0,
          scaleToZero: entities.find(({ name }) => name === row.entity)?.scaleToZero ?? false,
          isActive: row.is_active === 1,
        };
      });
    },
  };
}
