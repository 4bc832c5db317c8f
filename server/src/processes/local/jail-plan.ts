import type { Isolation } from '../port.ts';

/** Of the machine, as far as it bears on how programs can be shut in. */
export interface PlatformFacts {
  readonly platform: NodeJS.Platform;
  readonly architecture: string;
  /** Undefined where the system has no such thing. */
  readonly userId: number | undefined;
  /** `/proc/sys/user/max_user_namespaces` */
  readonly maxUserNamespaces: number | undefined;
}

/** 'require': without a jail no model is started. 'auto': as much as can be had. 'off': limits alone. */
export type IsolationSetting = 'require' | 'auto' | 'off';

export interface JailPlan {
  readonly expected: Isolation;
  /** Why it is no jail, for people. */
  readonly lack: string | undefined;
  /** Of the first program; each has one of its own. Undefined where the server's own must do. */
  readonly firstUser: number | undefined;
}

/** Beyond what systems hand out to people and services, below what containers map. */
const FIRST_USER = 61_000;
const USERS = 4000;

/** What can be expected; whether it holds, the programs say themselves. */
export function planJail(facts: PlatformFacts, setting: IsolationSetting, serverProcess: number): JailPlan {
  // Servers on one machine begin at different places.
  const firstUser =
    facts.userId === 0 && setting !== 'off' ? FIRST_USER + ((serverProcess * 97) % USERS) : undefined;
  const lack = lackOf(facts, setting);
  return { expected: lack === undefined ? 'jail' : 'process', lack, firstUser };
}

function lackOf(facts: PlatformFacts, setting: IsolationSetting): string | undefined {
  if (setting === 'off') return 'It is switched off.';
  if (facts.platform !== 'linux') return `${facts.platform} has no namespaces.`;
  if (facts.architecture !== 'x64' && facts.architecture !== 'arm64')
    return `System calls are not filtered on ${facts.architecture}.`;
  if (facts.userId !== 0 && facts.maxUserNamespaces === 0)
    return 'The system gives user namespaces to nobody but root.';
  return undefined;
}

/** The user of the program in this place. */
export function userOf(plan: JailPlan, slot: number): number | undefined {
  if (plan.firstUser === undefined) return undefined;
  return FIRST_USER + ((plan.firstUser - FIRST_USER + slot) % USERS);
}
