/** Where models run. */
export interface EngineConfig {
  /** For endpoints that do not say. */
  readonly engine: EngineName;
  /** Undefined for no cluster. */
  readonly ray: RayConfig | undefined;
}

const ENGINES = ['local', 'ray'] as const;
type EngineName = (typeof ENGINES)[number];

interface RayConfig {
  /** Of the head's REST interface. */
  readonly address: string;
  /** Of Serve's proxies. */
  readonly serveAddress: string;
  readonly token: string | undefined;
  /** What a model is given by the name of its class, in Ray's words. */
  readonly resourceClasses: Readonly<Record<string, RayResources>>;
}

interface RayResources {
  readonly num_cpus?: number;
  readonly num_gpus?: number;
  readonly resources?: Readonly<Record<string, number>>;
}

/** @throws what `bad` makes of a flag, its value and what was expected */
export function readEngine(
  text: (name: 'engine' | 'rayAddress' | 'rayServeAddress' | 'rayResources') => string | undefined,
  token: string | undefined,
  bad: (flag: string, value: string, expected: string) => Error,
): EngineConfig {
  const engine = ENGINES.find((each) => each === text('engine'));
  if (engine === undefined) throw bad('engine', text('engine') ?? '', `one of ${ENGINES.join(', ')}`);
  const address = text('rayAddress') || undefined;
  if (address === undefined) {
    if (engine === 'ray')
      throw bad('ray-address', '', 'an address such as http://head:8265, for --engine ray');
    return { engine, ray: undefined };
  }
  if (!/^https?:\/\//i.test(address) || !URL.canParse(address))
    throw bad('ray-address', address, 'an address such as http://head:8265');
  const head = new URL(address);
  const serveAddress = text('rayServeAddress') || `${head.protocol}//${head.hostname}:8000`;
  if (!/^https?:\/\//i.test(serveAddress) || !URL.canParse(serveAddress))
    throw bad('ray-serve-address', serveAddress, 'an address such as http://head:8000');
  const resourceClasses = { cpu: { num_cpus: 1 }, ...readRayResources(text('rayResources') ?? '', bad) };
  return { engine, ray: { address, serveAddress, token, resourceClasses } };
}

function readRayResources(
  text: string,
  bad: (flag: string, value: string, expected: string) => Error,
): Readonly<Record<string, RayResources>> {
  const expected = 'JSON such as {"gpu-small":{"num_gpus":1}}: num_cpus, num_gpus and resources by class';
  const isAmount = (value: unknown) => typeof value === 'number' && value >= 0;
  const isRecord = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  let classes: unknown;
  try {
    classes = JSON.parse(text);
  } catch {
    throw bad('ray-resources', text, expected);
  }
  const isResources = (value: unknown): value is RayResources =>
    isRecord(value) &&
    Object.entries(value).every(([name, amount]) =>
      name === 'resources'
        ? isRecord(amount) && Object.values(amount).every(isAmount)
        : ['num_cpus', 'num_gpus'].includes(name) && isAmount(amount),
    );
  if (!isRecord(classes) || !Object.values(classes).every(isResources))
    throw bad('ray-resources', text, expected);
  return classes as Record<string, RayResources>;
}
