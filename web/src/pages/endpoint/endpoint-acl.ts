import type { AclEntry, AclWish, PermissionLevel } from '../../data/endpoints.ts';

export const LEVELS = ['CAN_VIEW', 'CAN_QUERY', 'CAN_MANAGE'] as const satisfies readonly PermissionLevel[];

export const MEANINGS: Readonly<Record<PermissionLevel, string>> = {
  CAN_VIEW: 'see it and its numbers',
  CAN_QUERY: 'see it and ask it',
  CAN_MANAGE: 'ask it, change it, share it and delete it',
};

/** What somebody holds on an endpoint. */
export interface Held {
  readonly principal: string;
  readonly field: AclWish['field'];
  /** Of their own on the endpoint; undefined where all comes from elsewhere. */
  readonly level: PermissionLevel | undefined;
  readonly inherited: PermissionLevel | undefined;
}

const FIELDS = ['user_name', 'group_name', 'service_principal_name'] as const;

export const heldOf = (entries: readonly AclEntry[]): readonly Held[] =>
  entries.flatMap((entry) => {
    const field = FIELDS.find((each) => entry[each] !== undefined);
    if (field === undefined) return [];
    const strongest = (isInherited: boolean) =>
      [...LEVELS]
        .reverse()
        .find((level) =>
          entry.all_permissions.some(
            (each) => each.permission_level === level && (each.inherited ?? false) === isInherited,
          ),
        );
    return [{ principal: entry[field]!, field, level: strongest(false), inherited: strongest(true) }];
  });

/** All that is granted on the endpoint itself, with one principal's level changed; undefined takes it away. */
export const wishesWith = (
  held: readonly Held[],
  change: {
    readonly principal: string;
    readonly field: AclWish['field'];
    readonly level: PermissionLevel | undefined;
  },
): readonly AclWish[] => {
  const others = held.flatMap(({ principal, field, level }) =>
    level === undefined || principal.toLowerCase() === change.principal.toLowerCase()
      ? []
      : [{ principal, field, level }],
  );
  const { principal, field, level } = change;
  return level === undefined ? others : [...others, { principal, field, level }];
};
