import { ADMINS, type PrincipalKind, USERS } from './principals.ts';
import { type PrivilegeSet, setOf } from './privilege-rules.ts';
import type {
  CredentialFacts,
  GrantFacts,
  MembershipFacts,
  PrincipalFacts,
  SchemaFacts,
} from './snapshot-repository.ts';

export interface KnownPrincipal {
  readonly no: number;
  readonly kind: PrincipalKind;
  readonly name: string;
  readonly nameKey: string;
  readonly active: boolean;
  readonly passwordHash: string | undefined;
  readonly mustChangePassword: boolean;
}

export interface KnownCredential {
  readonly principalNo: number;
  readonly expiresAtMs: number | undefined;
}

interface KnownCatalog {
  readonly name: string;
  /** Spelling by name in lower case. */
  readonly schemas: Map<string, string>;
}

export type State = ReturnType<typeof createState>;

/**
 * What the snapshot knows, and the questions that need nothing else. Rows replace what was known under their key: to
 * put the same rows twice changes nothing.
 */
export function createState() {
  const principals = new Map<number, KnownPrincipal>();
  const nosByName = new Map<string, number>();
  const members = new Map<number, ReadonlySet<number>>();
  const tokens = new Map<string, KnownCredential>();
  const sessions = new Map<string, KnownCredential>();
  const grants = new Map<string, Map<number, PrivilegeSet>>();
  const keysOf = new Map<number, Set<string>>();
  const catalogs = new Map<string, KnownCatalog>();
  /** Direct groups by member, made of `members` when first asked for. */
  let groupsOf: Map<number, number[]> | undefined;
  const closures = new Map<number, ReadonlySet<number>>();
  /** How often the grants of each principal have changed. */
  const grantChanges = new Map<number, number>();
  let generation = 0;
  /** Rises where closures, principals or the names of catalogs may have changed. */
  let structure = 0;

  function changed(): void {
    generation += 1;
  }

  function membershipsChanged(): void {
    groupsOf = undefined;
    closures.clear();
    structure += 1;
    changed();
  }

  function directGroups(no: number): readonly number[] {
    if (groupsOf === undefined) {
      groupsOf = new Map();
      for (const [group, inIt] of members) {
        for (const member of inIt) {
          const known = groupsOf.get(member);
          if (known === undefined) groupsOf.set(member, [group]);
          else known.push(group);
        }
      }
    }
    return groupsOf.get(no) ?? [];
  }

  /** The principal and every group that it is in, directly or through others; `users` for all who can sign in. */
  function closureOf(no: number): ReadonlySet<number> {
    const known = closures.get(no);
    if (known !== undefined) return known;
    const closure = new Set([no]);
    const users = nosByName.get(USERS);
    if (users !== undefined && principals.get(no)?.kind !== 'group') closure.add(users);
    // A set is walked to its end also where it grows meanwhile; what is in it already is not walked again.
    for (const each of closure) for (const group of directGroups(each)) closure.add(group);
    closures.set(no, closure);
    return closure;
  }

  function noteGrants(no: number): void {
    grantChanges.set(no, (grantChanges.get(no) ?? 0) + 1);
  }

  function forgetGrants(securable: string): void {
    for (const no of grants.get(securable)?.keys() ?? []) {
      keysOf.get(no)?.delete(securable);
      noteGrants(no);
    }
    grants.delete(securable);
  }

  function hold(securable: string, no: number, set: PrivilegeSet): void {
    const holders = grants.get(securable) ?? new Map<number, PrivilegeSet>();
    holders.set(no, (holders.get(no) ?? 0) | set);
    grants.set(securable, holders);
    const keys = keysOf.get(no) ?? new Set<string>();
    keys.add(securable);
    keysOf.set(no, keys);
    noteGrants(no);
  }

  return {
    /** Rises with every change of anything. */
    get generation(): number {
      return generation;
    },
    /** Rises where closures, principals or the names of catalogs may have changed. */
    get structure(): number {
      return structure;
    },
    /** Rises, while `structure` is the same, with every change of what the principal and its groups hold. */
    grantChangesOf(no: number): number {
      let sum = 0;
      for (const holder of closureOf(no)) sum += grantChanges.get(holder) ?? 0;
      return sum;
    },
    principals: principals as ReadonlyMap<number, KnownPrincipal>,
    tokens: tokens as ReadonlyMap<string, KnownCredential>,
    sessions: sessions as ReadonlyMap<string, KnownCredential>,
    grants: grants as ReadonlyMap<string, ReadonlyMap<number, PrivilegeSet>>,
    catalogs: catalogs as ReadonlyMap<string, KnownCatalog>,

    findByName(nameKey: string): KnownPrincipal | undefined {
      const no = nosByName.get(nameKey);
      return no === undefined ? undefined : principals.get(no);
    },

    /** Securables that the principal itself holds something on. */
    keysHeldBy: (no: number): Iterable<string> => keysOf.get(no) ?? [],

    closureOf,

    isAdmin(no: number): boolean {
      const admins = nosByName.get(ADMINS);
      return admins !== undefined && closureOf(no).has(admins);
    },

    putPrincipals(nos: readonly number[], rows: readonly PrincipalFacts[]): void {
      for (const no of nos) {
        const known = principals.get(no);
        if (known !== undefined && nosByName.get(known.nameKey) === no) nosByName.delete(known.nameKey);
        principals.delete(no);
      }
      for (const row of rows) {
        principals.set(row.principal_no, {
          no: row.principal_no,
          kind: row.kind,
          name: row.name,
          nameKey: row.name_key,
          active: row.active === 1,
          passwordHash: row.password_hash ?? undefined,
          mustChangePassword: row.must_change_password === 1,
        });
        nosByName.set(row.name_key, row.principal_no);
      }
      const gone = nos.filter((no) => !principals.has(no));
      if (gone.length > 0) forgetPrincipals(new Set(gone));
      // `users` may be among them, and with it everybody's groups.
      membershipsChanged();
    },

    putMembers(groupNos: readonly number[], rows: readonly MembershipFacts[]): void {
      const fresh = new Map<number, Set<number>>();
      for (const { group_no, member_no } of rows) {
        const set = fresh.get(group_no);
        if (set === undefined) fresh.set(group_no, new Set([member_no]));
        else set.add(member_no);
      }
      for (const no of groupNos) members.delete(no);
      for (const [no, set] of fresh) members.set(no, set);
      membershipsChanged();
    },

    putTokens(hashes: readonly string[], rows: readonly CredentialFacts[]): void {
      replace(tokens, hashes, rows);
      changed();
    },

    putSessions(hashes: readonly string[], rows: readonly CredentialFacts[]): void {
      replace(sessions, hashes, rows);
      changed();
    },

    putGrants(securables: readonly string[], rows: readonly GrantFacts[]): void {
      for (const securable of securables) forgetGrants(securable);
      for (const row of rows) hold(row.securable, row.principal_no, setOf([row.privilege]));
      changed();
    },

    /** Ahead of the next look at the database: what this process has just written. */
    addOwner(securable: string, no: number): void {
      hold(securable, no, setOf(['OWNER']));
      changed();
    },

    moveGrants(from: string, to: string): void {
      const holders = grants.get(from);
      if (holders === undefined) return;
      forgetGrants(from);
      for (const [no, set] of holders) hold(to, no, set);
      changed();
    },

    dropGrants(securable: string): void {
      forgetGrants(securable);
      changed();
    },

    putCatalogs(nameKeys: readonly string[], rows: readonly SchemaFacts[]): void {
      for (const key of nameKeys) catalogs.delete(key);
      for (const { catalog_key, catalog, schema_key, schema } of rows) {
        const known = catalogs.get(catalog_key) ?? { name: catalog, schemas: new Map<string, string>() };
        catalogs.set(catalog_key, known);
        if (schema_key !== null && schema !== null) known.schemas.set(schema_key, schema);
      }
      structure += 1;
      changed();
    },
  };

  /** The database removed what was theirs with them. */
  function forgetPrincipals(gone: ReadonlySet<number>): void {
    for (const no of gone) {
      members.delete(no);
      for (const securable of keysOf.get(no) ?? []) grants.get(securable)?.delete(no);
      keysOf.delete(no);
      noteGrants(no);
    }
    for (const [group, inIt] of members) {
      if ([...gone].some((no) => inIt.has(no)))
        members.set(group, new Set([...inIt].filter((no) => !gone.has(no))));
    }
    for (const credentials of [tokens, sessions]) {
      for (const [hash, { principalNo }] of credentials) if (gone.has(principalNo)) credentials.delete(hash);
    }
  }
}

function replace(
  known: Map<string, KnownCredential>,
  hashes: readonly string[],
  rows: readonly CredentialFacts[],
): void {
  for (const hash of hashes) known.delete(hash);
  for (const { hash, principal_no, expires_at } of rows)
    known.set(hash, { principalNo: principal_no, expiresAtMs: expires_at ?? undefined });
}
