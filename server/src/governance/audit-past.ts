import type { Database } from '../db/port.ts';
import type { Clock } from '../kernel/clock.ts';
import { CHANGE_ACTIONS, changeOf, type ToldChange } from './audit-changes.ts';
import type { AuditLog } from './audit-log.ts';
import type { AuditPosition } from './audit-repository.ts';
import * as repository from './audit-repository.ts';
import { privilegesIn } from './privilege-rules.ts';
import { type Action, keyOf, type Privilege, parentOf, type Securable } from './privileges.ts';
import { createSnapshotAccess } from './snapshot-access.ts';
import { createState, type State } from './snapshot-state.ts';

/** Who could do something at a moment that has passed. */
export interface Capable {
  readonly name: string;
  readonly kind: 'user' | 'service-principal';
  /** Administrators could do everything. */
  readonly isAdmin: boolean;
  /** What they and their groups held on the securable and above it. */
  readonly held: readonly HeldGrant[];
}

export interface HeldGrant {
  /** The principal itself or a group that it was in. */
  readonly holder: string;
  /** The key of the securable that it was granted on. */
  readonly securable: string;
  readonly privileges: readonly Privilege[];
}

export interface PastQuestion {
  readonly action: Action;
  readonly on: Securable;
  readonly atMs: number;
}

export interface AuditPast {
  /** Now where no time is given. */
  whoCould(
    question: Omit<PastQuestion, 'atMs'> & { readonly atMs: number | undefined },
  ): Promise<{ readonly atMs: number; readonly capable: readonly Capable[] }>;
}

export const createAuditPast = ({
  db,
  clock,
  log,
}: {
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Pick<AuditLog, 'recordChanges'>;
}): AuditPast => ({
  async whoCould({ action, on, atMs = clock.nowMs() }) {
    await log.recordChanges();
    return { atMs, capable: await whoCould(db, { action, on, atMs }) };
  },
});

const PAGE = 1000;

/**
 * By the records of changed rights up to that moment, judged as the server judges now. What was so before the log began
 * stands in its first records.
 */
async function whoCould(db: Database, { action, on, atMs }: PastQuestion): Promise<readonly Capable[]> {
  const path: Securable[] = [];
  for (let each: Securable | undefined = on; each !== undefined; each = parentOf(each)) path.push(each);
  const keys = path.map(keyOf);
  const state = stateOf(
    [
      ...(await readChanges(db, { action: CHANGE_ACTIONS.principal, securables: undefined, atMs })),
      ...(await readChanges(db, { action: CHANGE_ACTIONS.member, securables: undefined, atMs })),
      ...(await readChanges(db, { action: CHANGE_ACTIONS.grant, securables: keys, atMs })),
    ].sort((a, b) => a.changeNo - b.changeNo),
  );
  const capable: Capable[] = [];
  for (const { no, kind, name, active } of state.principals.values()) {
    if (kind === 'group' || !active) continue;
    if (createSnapshotAccess(no, () => state).decide(action, on) !== 'allowed') continue;
    capable.push({ name, kind, isAdmin: state.isAdmin(no), held: heldBy(state, no, keys) });
  }
  return capable.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function heldBy(state: State, no: number, keys: readonly string[]): readonly HeldGrant[] {
  const held: HeldGrant[] = [];
  for (const securable of keys) {
    for (const holder of state.closureOf(no)) {
      const set = state.grants.get(securable)?.get(holder) ?? 0;
      const name = state.principals.get(holder)?.name ?? '';
      if (set !== 0) held.push({ holder: name, securable, privileges: privilegesIn(set) });
    }
  }
  return held;
}

async function readChanges(
  db: Database,
  of: { readonly action: string; readonly securables: readonly string[] | undefined; readonly atMs: number },
): Promise<readonly ToldChange[]> {
  const changes: ToldChange[] = [];
  let after: AuditPosition | undefined;
  for (;;) {
    const page = await db.read((sql) =>
      repository.listRecordsOf(sql, { ...of, untilMs: of.atMs, after, limit: PAGE }),
    );
    changes.push(...page.flatMap((record) => changeOf(record) ?? []));
    if (page.length < PAGE) return changes;
    after = page.at(-1);
  }
}

/** What the snapshot would have held after these changes, in their order. */
function stateOf(changes: readonly ToldChange[]): State {
  const state = createState();
  const members = new Map<string, readonly [group: number, member: number]>();
  const grants = new Map<string, ToldChange>();
  for (const change of changes) {
    const { kind, subject, principalNo, detail = '' } = change;
    const identity = `${subject}/${principalNo}/${detail}`;
    switch (kind) {
      case 'principal': {
        const [type, ...rest] = detail.split(' ');
        const row = {
          principal_no: principalNo,
          kind: type as 'user' | 'group' | 'service-principal',
          name: subject,
          name_key: subject.toLowerCase(),
          active: rest.includes('inactive') ? 0 : 1,
          password_hash: null,
          must_change_password: 0,
        };
        state.putPrincipals([principalNo], change.change === 'added' ? [row] : []);
        break;
      }
      case 'member':
        if (change.change === 'added') members.set(identity, [Number(subject), principalNo]);
        else members.delete(identity);
        break;
      case 'grant':
        if (change.change === 'added') grants.set(identity, change);
        else grants.delete(identity);
        break;
      case 'token':
        break;
    }
  }
  const memberships = [...members.values()].map(([group_no, member_no]) => ({ group_no, member_no }));
  state.putMembers([...new Set(memberships.map(({ group_no }) => group_no))], memberships);
  const facts = [...grants.values()].map(({ subject, principalNo, detail }) => ({
    securable: subject,
    principal_no: principalNo,
    privilege: detail as Privilege,
  }));
  state.putGrants([...new Set(facts.map(({ securable }) => securable))], facts);
  return state;
}
