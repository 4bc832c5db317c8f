import { hash as digest, randomBytes } from 'node:crypto';
import { type Algorithm, hash, verify } from '@node-rs/argon2';
import type { Clock } from '../kernel/clock.ts';
import { AppError, invalidArgument, unavailable } from '../kernel/errors.ts';
import type { GovernedWrite } from './governed-writes.ts';
import type { LoginLimits } from './login-limits.ts';
import { MAX_NAME_LENGTH, nameKeyOf, noSuchPrincipal, readPrincipalNo } from './principal-rules.ts';
import { findPrincipal, setPassword } from './principals-repository.ts';
import { deleteSessions, listSessionsOf } from './sessions-repository.ts';
import type { OpenSnapshot } from './snapshot.ts';

export const MIN_PASSWORD_LENGTH = 12;
/** More is no password, but work for us. */
const MAX_PASSWORD_LENGTH = 1024;

/** OWASP's first choice for argon2id: 19 MiB and two passes, 12 ms of a processor. */
const ARGON2 = { algorithm: 2 satisfies Algorithm.Argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/** Hashes that are worked out at once, and that wait for it. */
const MAX_COMPUTING = 2;
const MAX_WAITING = 200;
/** Credentials that need no hashing again. */
const MAX_REMEMBERED = 10_000;

export interface Verified {
  readonly principalId: string;
  /** Nothing is allowed but to choose a new one. */
  readonly mustChange: boolean;
}

export interface PasswordChange {
  readonly principalId: string;
  readonly oldPassword: string;
  readonly newPassword: string;
  /** Where the request comes from; where nobody knows, the principal stands for it. */
  readonly address?: string | undefined;
}

export interface Passwords {
  /**
   * Ends all sessions of the principal.
   * @throws AppError NotFound; InvalidArgument for a short one, or for anything but a user.
   */
  set(principalId: string, password: string, options?: { readonly mustChange?: boolean }): Promise<void>;
  /** One that must be changed, for whoever has none. @returns whether it is theirs now. @throws AppError as `set`. */
  setFirst(principalId: string, password: string): Promise<boolean>;
  /** As `set`. @throws AppError Unauthenticated for a wrong old one; LimitExceeded; InvalidArgument for a bad new one. */
  change(change: PasswordChange): Promise<void>;
  /**
   * What is known already is answered at once, without a promise. Takes as long for names that do not exist.
   * @throws AppError Unauthenticated; LimitExceeded for too many failures of this name or from this address.
   */
  verify(name: string, password: string, address: string): Verified | Promise<Verified>;
}

export interface PasswordsDependencies {
  readonly clock: Clock;
  readonly write: GovernedWrite;
  readonly snapshot: Pick<OpenSnapshot, 'current' | 'catchUp'>;
  readonly limits: LoginLimits;
}

export function createPasswords({ clock, write, snapshot, limits }: PasswordsDependencies): Passwords {
  const compute = createTurns();
  // What is remembered is no use to anybody outside this process, not even as something to guess against.
  const key = randomBytes(32).toString('hex');
  const remembered = new Set<string>();
  const running = new Map<string, Promise<Verified>>();
  let decoy: Promise<string> | undefined;

  function find(name: string) {
    const known = snapshot.current().findByName(nameKeyOf(name));
    return known?.kind === 'user' && known.active && known.passwordHash !== undefined
      ? { ...known, passwordHash: known.passwordHash }
      : undefined;
  }

  /**
   * The stored hash is part of it: a new password, and a new hash of the same, make the old entry unreachable. The key
   * stands before the text: HMAC, which costs several times as much a request, would only help against whoever is
   * shown digests, and nobody is.
   */
  const digestOf = (name: string, storedHash: string, password: string): string =>
    digest('sha256', key + JSON.stringify([name, storedHash, password]), 'base64');

  async function compare(name: string, password: string, address: string): Promise<Verified> {
    const attempt = limits.begin(nameKeyOf(name), address);
    // No verdict, where this fails: it is not the caller's failure.
    const withdraw = (error: unknown): never => {
      attempt.withdrawn();
      throw error;
    };
    // Another process may just have given them the password.
    await snapshot.catchUp?.().catch(withdraw);
    const known = find(name);
    decoy ??= hash(randomBytes(16), ARGON2);
    const storedHash = known?.passwordHash ?? (await decoy);
    const matches = await compute(() => verify(storedHash, password.slice(0, MAX_PASSWORD_LENGTH + 1))).catch(
      withdraw,
    );
    // Changed while this one was compared: what held before counts no more.
    const now = find(name);
    if (!matches || now === undefined || now.passwordHash !== known?.passwordHash) throw wrongCredentials();
    attempt.succeeded();
    if (remembered.size >= MAX_REMEMBERED) remembered.delete(remembered.values().next().value!);
    remembered.add(digestOf(now.nameKey, now.passwordHash, password));
    return { principalId: String(now.no), mustChange: now.mustChangePassword };
  }

  function verifyPassword(name: string, password: string, address: string): Verified | Promise<Verified> {
    // Nobody is called that, and folding the name could make eighteen times as much of it.
    if (name.length > MAX_NAME_LENGTH) throw wrongCredentials();
    const known = find(name);
    const digest = digestOf(known?.nameKey ?? nameKeyOf(name), known?.passwordHash ?? '', password);
    if (known !== undefined && remembered.has(digest))
      return { principalId: String(known.no), mustChange: known.mustChangePassword };
    // Many threads of one client begin at once, with the same credentials.
    const same = running.get(digest);
    if (same !== undefined) return same;
    const comparing = compare(name, password, address).finally(() => running.delete(digest));
    running.set(digest, comparing);
    return comparing;
  }

  interface NewPassword {
    readonly password: string;
    readonly mustChange: boolean;
    /** Whether one that is there already stays. */
    readonly onlyFirst: boolean;
  }

  async function writePassword(principalId: string, chosen: NewPassword): Promise<boolean> {
    const principalNo = readPrincipalNo(principalId);
    const known = snapshot.current().principals.get(principalNo);
    checkPassword(chosen.password, known?.name);
    const stored = await compute(() => hash(chosen.password, ARGON2));
    return write(async (tx, changed) => {
      const principal = await findPrincipal(tx, principalNo);
      if (principal === undefined) throw noSuchPrincipal(principalId);
      if (principal.kind !== 'user') throw invalidArgument('Only users have passwords.');
      if (chosen.onlyFirst && principal.password_hash !== null) return false;
      await setPassword(tx, principalNo, {
        hash: stored,
        mustChange: chosen.mustChange,
        nowMs: clock.nowMs(),
      });
      const sessions = await listSessionsOf(tx, principalNo);
      await deleteSessions(tx, sessions);
      changed('principal', principalNo);
      for (const session of sessions) changed('session', session);
      return true;
    });
  }

  return {
    verify: verifyPassword,
    async set(principalId, password, { mustChange = false } = {}) {
      await writePassword(principalId, { password, mustChange, onlyFirst: false });
    },
    setFirst: (principalId, password) =>
      writePassword(principalId, { password, mustChange: true, onlyFirst: true }),
    async change({ principalId, oldPassword, newPassword, address = `principal ${principalId}` }) {
      const known = snapshot.current().principals.get(readPrincipalNo(principalId));
      if (known === undefined) throw noSuchPrincipal(principalId);
      await verifyPassword(known.name, oldPassword, address);
      if (newPassword === oldPassword)
        throw invalidArgument('The new password is the old one: choose another.', { field: 'new_password' });
      await writePassword(principalId, { password: newPassword, mustChange: false, onlyFirst: false });
    },
  };
}

function checkPassword(password: string, name: string | undefined): void {
  const length = [...password].length;
  if (length < MIN_PASSWORD_LENGTH || password.length > MAX_PASSWORD_LENGTH) {
    throw invalidArgument(
      `A password has ${MIN_PASSWORD_LENGTH} to ${MAX_PASSWORD_LENGTH} characters; this one has ${length}.`,
      { field: 'password' },
    );
  }
  if (new Set(password).size < 4 || (name !== undefined && nameKeyOf(password) === nameKeyOf(name)))
    throw invalidArgument('The password is too easy to guess: choose another.', { field: 'password' });
}

/** The same for a wrong password, for a name that does not exist, and for one that may not sign in. */
export const wrongCredentials = (): AppError =>
  new AppError(
    'Unauthenticated',
    'The credentials are not valid: check the name and the password, or the token.',
  );

/** Hashing takes memory and a thread each: a few at a time, and no endless queue. */
function createTurns() {
  let computing = 0;
  const waiting: (() => void)[] = [];
  return async <T>(operation: () => Promise<T>): Promise<T> => {
    if (computing >= MAX_COMPUTING) {
      if (waiting.length >= MAX_WAITING)
        throw unavailable('Too many sign-ins at once: try again in a moment.');
      // The turn is handed over: whoever is woken has it already.
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else computing += 1;
    try {
      return await operation();
    } finally {
      const next = waiting.shift();
      if (next === undefined) computing -= 1;
      else next();
    }
  };
}
