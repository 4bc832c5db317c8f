import type { Access } from '../../governance/access.ts';
import { ADMINS, type Principals, USERS } from '../../governance/principals.ts';
import { AppError } from '../../kernel/errors.ts';
import type { Workspace, WorkspaceObject } from '../../workspace-files/workspace.ts';
import { renderWorkspacePath } from '../../workspace-files/workspace-paths.ts';
import type { DatabricksCall, DatabricksRoute } from './routes.ts';

const KINDS = [
  { path: 'directories', objectType: 'directory', kind: 'DIRECTORY' },
  { path: 'notebooks', objectType: 'notebook', kind: 'NOTEBOOK' },
  { path: 'files', objectType: 'file', kind: 'FILE' },
] as const;

const LEVELS = [
  { permission_level: 'CAN_READ', description: 'Can see it' },
  { permission_level: 'CAN_MANAGE', description: 'Can read, write and remove it' },
];

export interface WorkspacePermissionServices {
  readonly workspace: Pick<Workspace, 'getById' | 'ownerOf'>;
  readonly principals: Pick<Principals, 'find'>;
}

/**
 * Who may use what lies in the workspace follows from its path: everybody has the own home, all have `/Shared`. It can be
 * read here as the SDK asks for it, and not be changed.
 */
export function workspacePermissionRoutes({
  workspace,
  principals,
}: WorkspacePermissionServices): readonly DatabricksRoute[] {
  const refuse = async (): Promise<never> => {
    throw new AppError(
      'NotSupported',
      'Permissions in the workspace cannot be changed: a home is its owner’s, /Shared everybody’s, and the rest the administrators’.',
    );
  };

  async function listOf(object: WorkspaceObject): Promise<object[]> {
    const [top, name = ''] = object.path.split('/');
    const here = renderWorkspacePath(object.path);
    const own = (level: string, from: string) => ({
      permission_level: level,
      ...(from === here ? { inherited: false } : { inherited: true, inherited_from_object: [from] }),
    });
    const entries: object[] = [];
    if (top === 'Shared')
      entries.push({ group_name: USERS, all_permissions: [own('CAN_MANAGE', '/Shared')] });
    // Everybody sees the folders on the way to their home.
    if (object.path === '' || object.path === 'Users')
      entries.push({ group_name: USERS, all_permissions: [own('CAN_READ', here)] });
    if (top === 'Users' && name !== '') {
      const ownerId = await workspace.ownerOf(object.path);
      const owner = ownerId === undefined ? undefined : await principals.find(ownerId);
      if (owner !== undefined) {
        const field = owner.kind === 'service-principal' ? 'service_principal_name' : 'user_name';
        entries.push({ [field]: owner.name, all_permissions: [own('CAN_MANAGE', `/Users/${name}`)] });
      }
    }
    entries.push({ group_name: ADMINS, all_permissions: [own('CAN_MANAGE', '/')] });
    return entries;
  }

  return KINDS.flatMap(({ path, objectType, kind }): readonly DatabricksRoute[] => {
    const full = `/api/2.0/permissions/${path}/:id`;
    const find = ({ path: { id = '' } }: DatabricksCall, access: Access) =>
      workspace.getById(id, { kind, access });
    return [
      {
        method: 'GET',
        path: full,
        summary: `Lists who may use one of the ${path} of the workspace`,
        access: 'filtered',
        async handle(call) {
          const object = await find(call, call.caller.access);
          return {
            object_id: `/${path}/${object.id}`,
            object_type: objectType,
            access_control_list: await listOf(object),
          };
        },
      },
      {
        method: 'GET',
        path: `${full}/permissionLevels`,
        summary: `Lists the levels of permission on ${path} of the workspace`,
        access: 'filtered',
        async handle(call) {
          await find(call, call.caller.access);
          return { permission_levels: LEVELS };
        },
      },
      ...(['PUT', 'PATCH'] as const).map(
        (method): DatabricksRoute => ({
          method,
          path: full,
          summary: `Refuses to change permissions on ${path} of the workspace`,
          access: 'admin',
          handle: refuse,
        }),
      ),
    ];
  });
}
