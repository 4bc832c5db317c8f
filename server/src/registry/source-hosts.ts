import type { Location } from '../objects/location.ts';

/** Schemes whose reader connects to the host that stands in the URI; `mlflow-artifacts` and `abfss` besides. */
const HOST_ADDRESSED: ReadonlySet<string> = new Set([
  'ftp',
  'sftp',
  'hdfs',
  'viewfs',
  'http',
  'https',
  'r2',
  'b2',
]);
/** `viewfs` reaches the same service as `hdfs`; `mlflow-artifacts://host` becomes http or https. */
const FAMILY: Readonly<Record<string, string>> = {
  viewfs: 'hdfs',
  https: 'http',
  'mlflow-artifacts': 'http',
};
const DEFAULT_PORTS: Readonly<Record<string, readonly string[]>> = {
  ftp: ['21'],
  sftp: ['22'],
  http: ['80'],
  https: ['443'],
  'mlflow-artifacts': ['80', '443'],
  r2: ['443'],
  b2: ['443'],
  abfss: ['443'],
};
const AUTHORITY = /^(?:[^@]*@)*(\[[0-9a-fA-F:.]+\]|[^:@[\]\\\s/]*)(?::(\d{1,5}))?$/;

interface Addressed {
  readonly scheme: string;
  readonly authority: string;
}

/** Undefined when nobody connects to a host that the location names. */
function addressOf(location: Location): Addressed | undefined {
  switch (location.kind) {
    case 'managed':
      return location.host === undefined
        ? undefined
        : { scheme: 'mlflow-artifacts', authority: location.host };
    case 'abfss':
      return { scheme: 'abfss', authority: `${location.account}.${location.domain}` };
    case 'other':
      return HOST_ADDRESSED.has(location.scheme) ? location : undefined;
    case 's3':
    case 'gs':
    case 'wasbs':
    case 'file':
    case 'dbfs':
    case 'runs':
    case 'models':
      return undefined;
  }
}

/** What is connected to, as comparable texts; none for an authority that is malformed. */
function targetsOf({ scheme, authority }: Addressed): ReadonlySet<string> {
  const match = AUTHORITY.exec(authority);
  if (match === null) return new Set();
  const host = (match[1] ?? '').toLowerCase();
  const ports = match[2] === undefined ? (DEFAULT_PORTS[scheme] ?? ['']) : [match[2]];
  return new Set(ports.map((port) => `${FAMILY[scheme] ?? scheme} ${host} ${port}`));
}

export interface HostPolicy {
  /** Schemes that the operator allows to name any host. */
  readonly allowedSchemes: readonly string[];
  /** Where the server itself keeps artifacts. */
  readonly ownStorage: readonly Location[];
}

/**
 * The scheme of a location that would make its reader on the server's side connect to a host of the caller's choosing;
 * undefined for a harmless one. A rule of MLflow 3.17.2 (`store/artifact/host_policy.py`); besides, `abfss` passes
 * where the server's own store is on Azure.
 */
export function foreignHostScheme(location: Location, policy: HostPolicy): string | undefined {
  const address = addressOf(location);
  if (address === undefined) return undefined;
  const { scheme } = address;
  if (policy.allowedSchemes.some((allowed) => allowed.toLowerCase() === scheme)) return undefined;
  const targets = targetsOf(address);
  const isOwn = policy.ownStorage.some((own) => {
    if (scheme === 'abfss' && (own.kind === 'abfss' || own.kind === 'wasbs')) return targets.size > 0;
    const trusted = addressOf(own);
    return trusted !== undefined && !targets.isDisjointFrom(targetsOf(trusted));
  });
  return isOwn ? undefined : scheme;
}
