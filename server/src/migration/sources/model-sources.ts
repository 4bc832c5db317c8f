/** The logged model that a version's source names, as in `models:/m-1f0c…`. */
export function loggedModelOf(source: string | null): string | null {
  return /^models:\/(m-[0-9a-zA-Z-]+)$/.exec(source ?? '')?.[1] ?? null;
}
