import type { Volumes } from '../artifacts/volumes.ts';
import type { Catalogs } from '../governance/catalogs.ts';
import type { Securable } from '../governance/privileges.ts';
import type { Schemas } from '../governance/schemas.ts';
import type { SecurableTags } from '../governance/securable-tags.ts';
import type { Tables } from '../governance/tables.ts';
import { AppError } from '../kernel/errors.ts';
import type { Models } from '../registry/models.ts';
import type { Descriptions } from './governance-execution.ts';

export interface DescriptionsDependencies {
  readonly catalogs: Pick<Catalogs, 'get' | 'update'>;
  readonly schemas: Pick<Schemas, 'get' | 'update'>;
  readonly models: Pick<Models, 'get' | 'change' | 'setTag' | 'deleteTag'>;
  readonly volumes: Pick<Volumes, 'get' | 'update'>;
  readonly tables: Pick<Tables, 'find'>;
  readonly tags: Pick<SecurableTags, 'create' | 'update' | 'delete'>;
  /** Under which a model is kept. */
  storedName(model: { readonly catalog: string; readonly schema: string; readonly name: string }): string;
}

type Lines = readonly (readonly [string, string | null])[];

/** What statements read and write of securables besides their grants, each kept by the folder whose thing it is. */
export function createDescriptions(dependencies: DescriptionsDependencies): Descriptions {
  const { catalogs, schemas, models, volumes, tables, tags, storedName } = dependencies;

  /** The id that tags are kept under. */
  async function idOf(on: Securable): Promise<string> {
    switch (on.type) {
      case 'catalog':
        return (await catalogs.get(on.catalog)).id;
      case 'schema':
        return (await schemas.get(on)).id;
      case 'volume':
        return (await volumes.get(on)).id;
      case 'table': {
        const table = await tables.find(on);
        if (table !== undefined) return table.id;
        throw unable(on, 'tags');
      }
      default:
        throw unable(on, 'tags');
    }
  }

  return {
    async describe(on): Promise<Lines> {
      switch (on.type) {
        case 'catalog': {
          const { name, comment } = await catalogs.get(on.catalog);
          return [
            ['Catalog Name', name],
            ['Comment', comment ?? ''],
          ];
        }
        case 'schema': {
          const { catalog, name, comment } = await schemas.get(on);
          return [
            ['Catalog Name', catalog],
            ['Namespace Name', name],
            ['Comment', comment ?? ''],
          ];
        }
        case 'model': {
          const { row, latestVersions } = await models.get(storedName(on));
          return [
            ['Name', `${on.catalog}.${on.schema}.${on.name}`],
            ['Type', 'MODEL'],
            ['Comment', row.description ?? ''],
            ['Versions', String(Math.max(0, ...latestVersions.map((version) => version.row.version)))],
          ];
        }
        case 'volume': {
          const { name, comment } = await volumes.get(on);
          return [
            ['Name', `${name.catalog}.${name.schema}.${name.name}`],
            ['Comment', comment ?? ''],
          ];
        }
        case 'table': {
          const table = await tables.find(on);
          if (table === undefined) throw unable(on, 'a description');
          return [
            ...table.columns.map(({ name, typeText }) => [name, typeText] as const),
            ['# Comment', table.comment ?? ''],
          ];
        }
        default:
          throw unable(on, 'a description');
      }
    },

    async setComment(on, comment, by) {
      const text = comment ?? '';
      switch (on.type) {
        case 'catalog':
          await catalogs.update(on.catalog, { comment: text }, by);
          return;
        case 'schema':
          await schemas.update(on, { comment: text }, by);
          return;
        case 'model':
          await models.change(storedName(on), { description: text }, by.principal);
          return;
        case 'volume':
          await volumes.update(on, { comment: text }, by);
          return;
        default:
          throw unable(on, 'a comment');
      }
    },

    async setTags(on, pairs, by) {
      for (const [key, value] of Object.entries(pairs)) {
        if (on.type === 'model') {
          await models.setTag(storedName(on), { key, value }, by.principal);
          continue;
        }
        const place = { securable: await idOf(on), part: '' };
        await tags.create(place, { key, value }).catch(async (error: unknown) => {
          if (!(error instanceof AppError) || error.code !== 'AlreadyExists') throw error;
          await tags.update(place, { key, value });
        });
      }
    },

    async unsetTags(on, keys, by) {
      for (const key of keys) {
        if (on.type === 'model') await models.deleteTag(storedName(on), key, by.principal);
        else await tags.delete({ securable: await idOf(on), part: '' }, key);
      }
    },
  };
}

const unable = (on: Securable, what: string) =>
  new AppError('NotSupported', `A statement cannot give ${what} to a ${on.type}.`);
