/** What of the models is listed, as the address says it. */
export interface ModelsSearch {
  /** What was typed. */
  readonly q?: string | undefined;
  /** A catalog, or a schema of one: `prod`, `prod.ml`. */
  readonly in?: string | undefined;
  /** Without it by name, under their schemas. */
  readonly sort?: 'changed' | undefined;
}

/** Reads the search of an address; what is not understood is as if it were not there. */
export function readModelsSearch(search: Readonly<Record<string, unknown>>): ModelsSearch {
  const q = text(search.q);
  const within = text(search.in);
  return {
    ...(q !== undefined && { q }),
    ...(within !== undefined && { in: within }),
    ...(search.sort === 'changed' && { sort: 'changed' }),
  };
}

/** The filter of the API: `key:value` asks for a tag, other text for a part of the name, in any case. */
export function filterFor({ q = '', in: within }: ModelsSearch): string {
  const typed = q.trim();
  const tag = /^([^\s:]+):(.+)$/.exec(typed);
  const conditions = [
    ...(within === undefined ? [] : [`name LIKE '${quoted(within)}.%'`]),
    ...(typed === ''
      ? []
      : tag === null
        ? [`name ILIKE '%${quoted(typed)}%'`]
        : [`tags.\`${tag[1]!.replaceAll('`', '')}\` = '${quoted(tag[2]!.trim())}'`]),
  ];
  return conditions.join(' AND ');
}

/** Within single quotes of the filter language. */
const quoted = (value: string): string => value.replaceAll("'", "''");

// The router reads `?q=12` as a number.
function text(value: unknown): string | undefined {
  const read = typeof value === 'number' ? String(value) : value;
  return typeof read === 'string' && read !== '' ? read : undefined;
}
