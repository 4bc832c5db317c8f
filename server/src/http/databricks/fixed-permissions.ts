import { ADMINS, USERS } from '../../governance/principals.ts';
import { AppError } from '../../kernel/errors.ts';
import type { DatabricksRoute } from './routes.ts';

interface FixedPermissions {
  /** Below `/api/2.0/permissions`, maybe with `:id`. */
  readonly path: string;
  readonly objectType: string;
  /** What everybody may do. */
  readonly usersLevel: string;
  /** @throws AppError for an object that does not exist. */
  find?(id: string): Promise<void>;
}

/** Permissions that are the same on every installation: they can be read, and not changed. */
export function fixedPermissionRoutes({
  path,
  objectType,
  usersLevel,
  find,
}: FixedPermissions): readonly DatabricksRoute[] {
  const full = `/api/2.0/permissions/${path}`;
  const refuse = async (): Promise<never> => {
    throw new AppError(
      'NotSupported',
      `Permissions on ${objectType} cannot be changed: everybody has ${usersLevel}, administrators CAN_MANAGE.`,
    );
  };
  return [
    {
      method: 'GET',
      path: full,
      summary: `Lists who may use ${objectType}`,
      access: 'filtered',
      async handle(call) {
        const id = call.path.id;
        if (id !== undefined) await find?.(id);
        return {
          object_id: `/${path.replace(':id', id ?? '')}`,
          object_type: objectType,
          access_control_list: [
            {
              group_name: USERS,
              all_permissions: [{ permission_level: usersLevel, inherited: false }],
            },
            {
              group_name: ADMINS,
              all_permissions: [
                { permission_level: 'CAN_MANAGE', inherited: true, inherited_from_object: ['/'] },
              ],
            },
          ],
        };
      },
    },
    {
      method: 'GET',
      path: `${full}/permissionLevels`,
      summary: `Lists the levels of permission on ${objectType}`,
      access: 'filtered',
      handle: async () => ({
        permission_levels: [
          { permission_level: usersLevel, description: 'Can use it' },
          { permission_level: 'CAN_MANAGE', description: 'Can manage it' },
        ],
      }),
    },
    {
      method: 'PUT',
      path: full,
      summary: `Refuses to change permissions on ${objectType}`,
      access: 'admin',
      handle: refuse,
    },
    {
      method: 'PATCH',
      path: full,
      summary: `Refuses to change permissions on ${objectType}`,
      access: 'admin',
      handle: refuse,
    },
  ];
}
