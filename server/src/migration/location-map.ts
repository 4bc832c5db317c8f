/** What becomes of artifacts: they come along, stay where they are and are read there, or are left behind. */
export type ArtifactMode = 'copy' | 'reference' | 'none';

export interface LocationMap {
  /** Where a text that names a place in the source points to afterwards; texts that name no such place stay. */
  place(uri: string): string;
}

/** Of the locations of experiments, from old to new; what lies under one goes along. */
export function createLocationMap(moves: Iterable<readonly [from: string, to: string]>): LocationMap {
  const targets = new Map<string, string>();
  for (const [from, to] of moves) if (from !== '') targets.set(comparable(from), to.replace(/\/+$/, ''));
  return {
    place(uri) {
      const text = comparable(uri);
      for (let end = text.length; end > 0; end = text.lastIndexOf('/', end - 1)) {
        const target = targets.get(text.slice(0, end));
        if (target !== undefined) return target + text.slice(end);
      }
      return uri;
    },
  };
}

/** `file:///a/b/` and `/a/b` are one place. */
export function comparable(location: string): string {
  return location.replace(/^file:(?:\/\/(?:localhost)?(?=\/))?/i, '').replace(/\/+$/, '');
}
