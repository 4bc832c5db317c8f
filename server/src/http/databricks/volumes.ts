import type { VolumeName } from '../../artifacts/file-places.ts';
import { securableOfVolume, type Volume, type Volumes, volumeNotFound } from '../../artifacts/volumes.ts';
import type { Grants } from '../../governance/grants.ts';
import { keyOf } from '../../governance/privileges.ts';
import { invalidArgument } from '../../kernel/errors.ts';
import type { Namespaces } from '../../registry/model-names.ts';
import { invalid, optionalInt32, optionalString, requiredString } from '../mlflow/fields.ts';
import { creatingUnseen, schemaMissing } from '../model-access.ts';
import type { Need } from '../route-access.ts';
import type { DatabricksCall, DatabricksRoute } from './routes.ts';

export interface VolumeServices {
  readonly volumes: Volumes;
  readonly namespaces: Namespaces;
  readonly grants: Pick<Grants, 'ownersOf'>;
  readonly metastoreId: string;
}

const PATH = '/api/2.1/unity-catalog/volumes';
const MAX_PAGE = 1000;

/** Volumes of Unity Catalog, those that we keep. Their files are the Files API's. */
export function volumeRoutes({
  volumes,
  namespaces,
  grants,
  metastoreId,
}: VolumeServices): readonly DatabricksRoute[] {
  async function render(found: readonly Volume[]): Promise<object[]> {
    const owners = await grants.ownersOf(found.map(({ name }) => securableOfVolume(name)));
    return found.map((volume) => {
      const { catalog, schema, name } = volume.name;
      return {
        catalog_name: catalog,
        schema_name: schema,
        name,
        full_name: `${catalog}.${schema}.${name}`,
        volume_type: 'MANAGED',
        volume_id: volume.id,
        metastore_id: metastoreId,
        storage_location: `dbfs:/Volumes/${catalog}/${schema}/${name}`,
        ...(volume.comment !== undefined && { comment: volume.comment }),
        owner: owners.get(keyOf(securableOfVolume(volume.name))) ?? 'admins',
        created_at: volume.createdAtMs,
        created_by: volume.createdBy,
        updated_at: volume.updatedAtMs,
        updated_by: volume.updatedBy,
      };
    });
  }

  const renderOne = async (volume: Volume): Promise<object> => (await render([volume]))[0]!;

  /** Catalogs and schemas are the same in any case; a volume is found under its one spelling. */
  function spelled(name: VolumeName): VolumeName {
    return { ...name, ...namespaces.spelling(name) };
  }

  const inPath = ({ path }: DatabricksCall): VolumeName => spelled(parseFullName(path.full_name!));

  const onVolume = (action: 'volume.see' | 'volume.manage'): readonly Need<DatabricksCall>[] => [
    {
      action,
      target(call) {
        const name = inPath(call);
        return {
          on: securableOfVolume(name),
          missing: () => volumeNotFound(parseFullName(call.path.full_name!)),
        };
      },
    },
  ];

  /** Another name is made as one is made for a new volume. */
  const toNewName: Need<DatabricksCall> = {
    action: 'schema.create-volume',
    target(call) {
      const name = inPath(call);
      const newName = optionalString(call.body, 'new_name');
      if (newName === undefined || newName === name.name) return [];
      const { catalog, schema } = name;
      return {
        on: { type: 'schema', catalog, schema },
        missing: () => schemaMissing(call.caller.access, [catalog, schema]),
      };
    },
  };

  return [
    {
      method: 'POST',
      path: PATH,
      summary: 'Creates a volume',
      access: [
        {
          action: 'schema.create-volume',
          target({ body, caller }) {
            const catalog = requiredString(body, 'catalog_name');
            const schema = requiredString(body, 'schema_name');
            return {
              on: { type: 'schema', catalog, schema },
              missing: () => schemaMissing(caller.access, [catalog, schema]),
            };
          },
        },
      ],
      async handle({ body, caller }) {
        const type = optionalString(body, 'volume_type') ?? 'MANAGED';
        if (type !== 'MANAGED') {
          throw invalidArgument(
            `Volumes of the type '${type.slice(0, 50)}' are not supported: use MANAGED.`,
            {
              field: 'volume_type',
            },
          );
        }
        if (optionalString(body, 'storage_location')) {
          throw invalidArgument('A managed volume has no location of its own.', {
            field: 'storage_location',
          });
        }
        const name = {
          catalog: requiredString(body, 'catalog_name'),
          schema: requiredString(body, 'schema_name'),
          name: requiredString(body, 'name'),
        };
        const { access } = caller;
        return renderOne(
          await creatingUnseen(access, underNameOf(name), () =>
            volumes.create(name, optionalString(body, 'comment'), access.principal),
          ),
        );
      },
    },
    {
      method: 'GET',
      path: PATH,
      summary: 'Lists the volumes of a schema that the caller sees',
      access: [
        {
          action: 'schema.see',
          target({ query, caller }) {
            const catalog = requiredString(query, 'catalog_name');
            const schema = requiredString(query, 'schema_name');
            return {
              on: { type: 'schema', catalog, schema },
              missing: () => schemaMissing(caller.access, [catalog, schema]),
            };
          },
        },
      ],
      async handle({ query, caller }) {
        const catalog = requiredString(query, 'catalog_name');
        const schema = requiredString(query, 'schema_name');
        if (namespaces.spelling({ catalog, schema }) === undefined) {
          throw schemaMissing(caller.access, [catalog, schema]);
        }
        // Clients send 0 for as many as we like.
        const asked = optionalInt32(query, 'max_results') ?? 0;
        if (asked < 0) throw invalid('max_results', asked, 'expected 0 or more.');
        const page = await volumes.list(
          caller.access,
          { catalog, schema },
          {
            after: readToken(query.page_token),
            limit: asked === 0 ? MAX_PAGE : Math.min(asked, MAX_PAGE),
          },
        );
        return {
          volumes: await render(page.items),
          ...(page.next !== undefined && { next_page_token: Buffer.from(page.next).toString('base64url') }),
        };
      },
    },
    {
      method: 'GET',
      path: `${PATH}/:full_name`,
      summary: 'Describes a volume',
      access: onVolume('volume.see'),
      handle: async (call) => renderOne(await volumes.get(inPath(call))),
    },
    {
      method: 'PATCH',
      path: `${PATH}/:full_name`,
      summary: 'Changes a volume: its name, its comment, its owner',
      access: [...onVolume('volume.manage'), toNewName],
      async handle(call) {
        const { body, caller } = call;
        const name = inPath(call);
        const newName = optionalString(body, 'new_name');
        const change = {
          name: newName,
          comment: optionalString(body, 'comment'),
          owner: optionalString(body, 'owner') || undefined,
        };
        const changed = await creatingUnseen(
          caller.access,
          underNameOf({ ...name, name: newName ?? name.name }),
          () => volumes.update(name, change, caller.access),
        );
        return renderOne(changed);
      },
    },
    {
      method: 'DELETE',
      path: `${PATH}/:full_name`,
      summary: 'Deletes a volume with its files',
      access: onVolume('volume.manage'),
      async handle(call) {
        await volumes.delete(inPath(call));
        return {};
      },
    },
  ];
}

const underNameOf = (name: VolumeName) =>
  ({ on: securableOfVolume(name), action: 'volume.see', creates: 'schema.create-volume' }) as const;

const readToken = (text: string | undefined): string | undefined =>
  text === undefined || text === '' ? undefined : Buffer.from(text, 'base64url').toString();

/** @throws AppError InvalidArgument */
function parseFullName(text: string): VolumeName {
  const [catalog = '', schema = '', name = '', ...more] = text.split('.');
  if (catalog === '' || schema === '' || name === '' || more.length > 0) {
    throw invalidArgument(
      `'${text.slice(0, 300)}' is no full name of a volume: it takes catalog.schema.name.`,
      {
        field: 'full_name',
      },
    );
  }
  return { catalog, schema, name };
}
