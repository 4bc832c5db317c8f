import type { Database, Sql, Transaction } from '../db/port.ts';
import type { Access, Principal } from '../governance/access.ts';
import type { Ownership } from '../governance/ownership.ts';
import type { Securable } from '../governance/privileges.ts';
import type { Clock } from '../kernel/clock.ts';
import { AppError, alreadyExists, invalidArgument, notFound } from '../kernel/errors.ts';
import { randomHexId } from '../kernel/ids.ts';
import { checkDescription } from '../registry/model-rules.ts';
import type { NumberedVersion } from '../registry/version-contents.ts';
import { insertConfigVersion } from './configs.ts';
import * as configs from './configs-repository.ts';
import { type EndpointConfig, type EndpointSettings, NO_SETTINGS } from './endpoint-config.ts';
import { checkEndpointName } from './endpoint-rules.ts';
import { type EndpointView, type KeptConfig, statesOf } from './endpoint-states.ts';
import * as repository from './endpoints-repository.ts';
import { livingSince } from './nodes.ts';
import * as nodes from './nodes-repository.ts';

export interface Tag {
  readonly key: string;
  readonly value: string;
}

export interface NewEndpoint {
  readonly name: string;
  /** Undefined for an endpoint that is to serve something later. */
  readonly config: EndpointConfig | undefined;
  readonly description: string;
  readonly tags: readonly Tag[];
  readonly settings: Partial<EndpointSettings>;
}

/** Where requests are to be kept: noted with the configuration, made when that is brought up. */
export interface Captures {
  want(
    tx: Transaction,
    endpoint: { readonly endpointNo: number; readonly name: string; readonly config: EndpointConfig },
    by: Pick<Principal, 'id' | 'name'>,
  ): Promise<void>;
  release(tx: Transaction, endpointNo: number): Promise<void>;
}

export interface EndpointsDependencies {
  readonly db: Database;
  readonly clock: Clock;
  readonly ownership: Pick<Ownership, 'claim' | 'drop'>;
  /** Whatever follows an endpoint's configuration, and its end, in their transactions. */
  readonly captures: Captures;
  /** Something is to be brought up or taken down. */
  wake(): void;
}

const MAX_ENDPOINTS = 10_000;
const MAX_TAGS = 50;
const MAX_TAG_CHARACTERS = 1000;

export const endpointSecurable = (id: string): Securable => ({ type: 'endpoint', id });

export const endpointNotFound = (name: string): AppError =>
  notFound(`Endpoint with name '${name.slice(0, 100)}' does not exist.`, { field: 'name' });

export const noEndpointWithId = (id: string): AppError =>
  notFound(`Endpoint with id ${id.slice(0, 100)} does not exist.`);

export type Endpoints = ReturnType<typeof createEndpoints>;

/**
 * What is wanted: endpoints and their configurations, as rows. What comes of them is the reconciler's. Callers are judged
 * before they come here. Names are the same in any case.
 */
export function createEndpoints({ db, clock, ownership, captures, wake }: EndpointsDependencies) {
  async function hold(tx: Transaction, name: string): Promise<repository.EndpointRow> {
    const row = await repository.holdByName(tx, name);
    if (row === undefined) throw endpointNotFound(name);
    return row;
  }

  async function getRow(sql: Sql, name: string): Promise<repository.EndpointRow> {
    const row = await repository.findByName(sql, name);
    if (row === undefined) throw endpointNotFound(name);
    return row;
  }

  async function find(
    name: string,
  ): Promise<{ readonly id: string; readonly endpointNo: number } | undefined> {
    const row = await db.read((sql) => repository.findByName(sql, name));
    return row && { id: row.endpoint_id, endpointNo: row.endpoint_no };
  }

  const viewByName = (name: string): Promise<EndpointView> =>
    db.read(async (sql) => {
      const row = await getRow(sql, name);
      return (await readViews(sql, [row], livingSince(db, clock.nowMs())))[0]!;
    });

  async function changeSettings(
    name: string,
    change: (settings: EndpointSettings) => EndpointSettings,
  ): Promise<EndpointView> {
    await db.write(async (tx) => {
      const row = await hold(tx, name);
      const settings = JSON.stringify(change(parseSettings(row.settings)));
      await repository.changeSettings(tx, row.endpoint_no, { settings, nowMs: clock.nowMs() });
      tx.afterCommit(wake);
    });
    return viewByName(name);
  }

  return {
    /** What the configuration that answers now serves, by name of the entity. */
    async servedBy({ endpointNo, active }: EndpointView): Promise<ReadonlyMap<string, NumberedVersion>> {
      if (active === undefined) return new Map();
      const of = { endpoint_no: endpointNo, config_version: active.version };
      const rows = await db.read((sql) => configs.listEntities(sql, [of]));
      return new Map(rows.map((row) => [row.name, { modelNo: row.model_no, version: row.version }]));
    },

    /** @throws AppError InvalidArgument; AlreadyExists; NotFound for what the configuration names. */
    async create(input: NewEndpoint, by: Access): Promise<EndpointView> {
      const { name, config, description } = input;
      checkEndpointName(name);
      checkDescription(description);
      checkTags(input.tags);
      const { principal } = by;
      const id = randomHexId();
      await db.write(async (tx) => {
        const nowMs = clock.nowMs();
        if ((await repository.listEndpoints(tx)).length >= MAX_ENDPOINTS)
          throw new AppError('InvalidState', `A workspace has at most ${MAX_ENDPOINTS} endpoints.`, {
            reason: 'RESOURCE_LIMIT_EXCEEDED',
          });
        const endpointNo = await repository.insertEndpoint(tx, {
          endpoint_id: id,
          name,
          creator_id: principal.id,
          creator: principal.name,
          created_at: nowMs,
          updated_at: nowMs,
          description,
          pending_version: config === undefined ? null : 1,
          settings: JSON.stringify({ ...NO_SETTINGS, ...input.settings }),
        });
        if (endpointNo === undefined)
          throw alreadyExists(`Endpoint with name '${name}' already exists.`, { field: 'name' });
        await repository.upsertTags(
          tx,
          input.tags.map((tag) => ({ endpoint_no: endpointNo, ...tag })),
        );
        if (config !== undefined) {
          await insertConfigVersion(tx, {
            endpointNo,
            version: 1,
            config,
            by: principal,
            cause: 'api',
            nowMs,
          });
          await captures.want(tx, { endpointNo, name, config }, principal);
        }
        await ownership.claim(tx, endpointSecurable(id), principal);
        tx.afterCommit(wake);
      });
      return viewByName(name);
    },

    /**
     * Gives the endpoint another configuration; the one that answers now does so until the new one is ready everywhere.
     * @throws AppError NotFound; Conflict while another one is on its way.
     */
    async configure(
      name: string,
      read: (previous: EndpointConfig | undefined) => EndpointConfig,
      by: Access,
    ): Promise<EndpointView> {
      await db.write(async (tx) => {
        const row = await hold(tx, name);
        if (row.pending_version !== null)
          throw new AppError(
            'Conflict',
            `Endpoint '${row.name}' is being updated: wait until its config_update is no longer IN_PROGRESS.`,
            { field: 'name' },
          );
        const nowMs = clock.nowMs();
        const last = await configs.lastVersion(tx, row.endpoint_no);
        const previous = last === 0 ? undefined : await configs.findConfig(tx, row.endpoint_no, last);
        const config = read(previous && (JSON.parse(previous.body) as EndpointConfig));
        const of = { endpointNo: row.endpoint_no, config, by: by.principal };
        await insertConfigVersion(tx, { ...of, version: last + 1, cause: 'api', nowMs });
        await captures.want(tx, { ...of, name: row.name }, by.principal);
        await repository.changeVersions(tx, row.endpoint_no, {
          active_version: row.active_version,
          pending_version: last + 1,
          last_update: 'none',
          last_message: '',
          updated_at: nowMs,
        });
        tx.afterCommit(wake);
      });
      return viewByName(name);
    },

    /** @throws AppError NotFound */
    get: viewByName,

    /** Those that the caller sees, by name. */
    async list(by: Access): Promise<readonly EndpointView[]> {
      return db.read(async (sql) => {
        const rows = (await repository.listEndpoints(sql)).filter(
          ({ endpoint_id: id }) => by.decide('endpoint.see', endpointSecurable(id)) === 'allowed',
        );
        return readViews(sql, rows, livingSince(db, clock.nowMs()));
      });
    },

    /** The id under which rights on it are kept; undefined where there is none of the name. */
    idOf: async (name: string): Promise<string | undefined> => (await find(name))?.id,

    find,

    async hasId(id: string): Promise<boolean> {
      return (await db.read((sql) => repository.findById(sql, id))) !== undefined;
    },

    /** With its configurations and rights; the tables with its requests stay. @throws AppError NotFound */
    async delete(name: string): Promise<void> {
      await db.write(async (tx) => {
        const row = await hold(tx, name);
        await captures.release(tx, row.endpoint_no);
        await repository.deleteEndpoint(tx, row.endpoint_no);
        await ownership.drop(tx, [endpointSecurable(row.endpoint_id)]);
        tx.afterCommit(wake);
      });
    },

    /** All tags after the change. @throws AppError NotFound, InvalidArgument */
    async changeTags(
      name: string,
      change: { readonly add: readonly Tag[]; readonly remove: readonly string[] },
    ): Promise<readonly Tag[]> {
      checkTags(change.add);
      return db.write(async (tx) => {
        const row = await hold(tx, name);
        await repository.deleteTags(tx, row.endpoint_no, change.remove);
        const distinct = [...new Map(change.add.map((tag) => [tag.key, tag])).values()];
        await repository.upsertTags(
          tx,
          distinct.map((tag) => ({ endpoint_no: row.endpoint_no, ...tag })),
        );
        const tags = await repository.listTags(tx, [row.endpoint_no]);
        if (tags.length > MAX_TAGS)
          throw invalidArgument(`An endpoint has at most ${MAX_TAGS} tags.`, { field: 'add_tags' });
        return tags.map(({ key, value }) => ({ key, value }));
      });
    },

    changeSettings,
  };
}

/** @throws AppError InvalidArgument */
function checkTags(tags: readonly Tag[]): void {
  if (tags.length > MAX_TAGS)
    throw invalidArgument(`An endpoint has at most ${MAX_TAGS} tags.`, { field: 'tags' });
  for (const { key, value } of tags)
    if (key === '' || key.length > MAX_TAG_CHARACTERS || value.length > MAX_TAG_CHARACTERS)
      throw invalidArgument(`Keys and values of tags have at most ${MAX_TAG_CHARACTERS} characters.`, {
        field: 'tags',
      });
}

export const parseSettings = (text: string): EndpointSettings => ({
  ...NO_SETTINGS,
  ...(JSON.parse(text) as Partial<EndpointSettings>),
});

async function readViews(
  sql: Sql,
  rows: readonly repository.EndpointRow[],
  heardSinceMs: number,
): Promise<EndpointView[]> {
  const numbers = rows.map(({ endpoint_no: no }) => no);
  const tags = await repository.listTags(sql, numbers);
  const configRows =
    rows.length === 1 ? await configs.listOfEndpoint(sql, numbers[0]!) : await configs.listCurrent(sql);
  const entities = await configs.listEntities(sql, configRows);
  const live = new Set(await nodes.listLiveNodes(sql, heardSinceMs));
  const reports = await nodes.listStates(sql, numbers);
  return rows.map((row) => {
    const kept = configRows
      .filter(({ endpoint_no: no }) => no === row.endpoint_no)
      .map((config): KeptConfig => {
        const resolved = entities.filter(
          (entity) =>
            entity.endpoint_no === row.endpoint_no && entity.config_version === config.config_version,
        );
        return {
          version: config.config_version,
          state: config.state,
          message: config.message,
          failedEntity: config.failed_entity ?? undefined,
          config: JSON.parse(config.body) as EndpointConfig,
          madeBy: config.made_by,
          createdAtMs: config.created_at,
          versions: Object.fromEntries(resolved.map(({ name, version }) => [name, version])),
        };
      });
    return {
      endpointNo: row.endpoint_no,
      id: row.endpoint_id,
      name: row.name,
      creator: row.creator,
      createdAtMs: row.created_at,
      updatedAtMs: row.updated_at,
      description: row.description,
      tags: tags
        .filter(({ endpoint_no: no }) => no === row.endpoint_no)
        .map(({ key, value }) => ({ key, value })),
      settings: parseSettings(row.settings),
      ...statesOf({
        activeVersion: row.active_version ?? undefined,
        pendingVersion: row.pending_version ?? undefined,
        lastUpdate: row.last_update as 'none' | 'failed' | 'canceled',
        lastMessage: row.last_message,
        configs: kept,
        reports: reports
          .filter(({ endpoint_no: no, node_id: id }) => no === row.endpoint_no && live.has(id))
          .map((report) => ({
            nodeId: report.node_id,
            version: report.config_version,
            entities: JSON.parse(report.entities),
          })),
      }),
    };
  });
}
