/** What the database says of an endpoint. */
export interface Desired {
  readonly active: number | undefined;
  readonly pending: number | undefined;
}

/** How far this process is with a configuration. */
export type Progress = 'preparing' | 'ready' | 'failed';

/** What this process has of an endpoint. */
export interface Actual {
  readonly configs: ReadonlyMap<number, Progress>;
  /** The configuration that answers requests here. */
  readonly routed: number | undefined;
  /** Those that have answered and still have requests. */
  readonly draining: ReadonlySet<number>;
  /** Live processes that have not said that the pending configuration is ready. */
  readonly waitingFor: number;
  /** Whether the pending configuration has failed on any process. */
  readonly hasFailed: boolean;
}

export type Step =
  | { readonly do: 'bring up'; readonly version: number }
  | { readonly do: 'route'; readonly version: number }
  | { readonly do: 'activate'; readonly version: number }
  | { readonly do: 'fail'; readonly version: number }
  | { readonly do: 'take down'; readonly version: number }
  | { readonly do: 'forget' };

/**
 * What is to be done next about an endpoint, so that what is becomes what is wanted. The same question after any crash
 * gives what is still to be done: nothing is remembered but in its two arguments.
 */
export function decideStep(desired: Desired | undefined, actual: Actual): Step | undefined {
  const { configs, routed, draining } = actual;
  const unused = (...used: readonly (number | undefined)[]): Step | undefined => {
    const version = [...configs.keys()].find((each) => !used.includes(each) && !draining.has(each));
    return version === undefined ? undefined : { do: 'take down', version };
  };
  if (desired === undefined) return routed === undefined ? unused() : { do: 'forget' };
  const { active, pending } = desired;
  if (active !== undefined) {
    if (!configs.has(active)) return { do: 'bring up', version: active };
    if (configs.get(active) === 'ready' && routed !== active) return { do: 'route', version: active };
  } else if (routed !== undefined && routed !== pending) return { do: 'forget' };
  if (pending !== undefined) {
    if (actual.hasFailed) return { do: 'fail', version: pending };
    if (!configs.has(pending)) return { do: 'bring up', version: pending };
    if (configs.get(pending) === 'ready') {
      // The first one answers before anybody is told that it does.
      if (active === undefined && routed !== pending) return { do: 'route', version: pending };
      if (actual.waitingFor === 0) return { do: 'activate', version: pending };
    }
  }
  return unused(active, pending, routed);
}
