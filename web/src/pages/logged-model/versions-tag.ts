export interface NamedVersion {
  readonly name: string;
  readonly version: string;
}

const MOST = 50;

/** Reads the tag in which a logged model lists the versions that register it; what is not understood is left out. */
export function readVersionsTag(tag: string | undefined): readonly NamedVersion[] {
  if (tag === undefined) return [];
  let list: unknown;
  try {
    list = JSON.parse(tag);
  } catch {
    return [];
  }
  if (!Array.isArray(list)) return [];
  const named = (list as readonly unknown[]).flatMap((entry): readonly NamedVersion[] => {
    if (typeof entry !== 'object' || entry === null) return [];
    const { name, version } = entry as Record<string, unknown>;
    const isVersion = typeof version === 'number' || typeof version === 'string';
    return typeof name === 'string' && isVersion ? [{ name, version: String(version) }] : [];
  });
  // Clients and the server both write into the list, so that a version may stand in it twice.
  const once = new Map(named.map((one) => [`${one.version} ${one.name}`, one]));
  return [...once.values()].reverse().slice(0, MOST);
}
