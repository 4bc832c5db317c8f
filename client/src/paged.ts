import { invalidResponse } from './errors.ts';

/** One page of a search. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** For `page(token)`; undefined on the last page. */
  readonly nextPageToken: string | undefined;
}

/**
 * The results of a search, fetched page by page as they are asked for: nothing is sent before.
 *
 * @example
 * ```ts
 * const runs = client.runs.search({ experimentIds: ['1'], filter: 'metrics.loss < 0.1' });
 * for await (const run of runs) console.log(run.name);      // every run
 * const best = await runs.toArray({ limit: 10 });           // the first ten
 * const { items, nextPageToken } = await runs.page();       // one page, for a table with a "more" button
 * ```
 */
export class Paged<Item> implements AsyncIterable<Item> {
  readonly #fetch: (pageToken: string | undefined) => Promise<Page<Item>>;

  constructor(fetch: (pageToken: string | undefined) => Promise<Page<Item>>) {
    this.#fetch = fetch;
  }

  /** One page: the first, or the one that a token of an earlier page names. */
  page(pageToken?: string): Promise<Page<Item>> {
    return this.#fetch(pageToken);
  }

  /** Page after page. @throws SlipwayError INVALID_RESPONSE for a server that names a page as its own next */
  async *pages(): AsyncGenerator<Page<Item>, void, undefined> {
    let token: string | undefined;
    do {
      const page = await this.#fetch(token);
      yield page;
      if (token !== undefined && page.nextPageToken === token) {
        throw invalidResponse('The server names the same page as the next one, again and again.');
      }
      token = page.nextPageToken;
    } while (token !== undefined);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, undefined> {
    for await (const { items } of this.pages()) yield* items;
  }

  /** Everything as one array, or the first `limit` of it. */
  async toArray({ limit = Number.POSITIVE_INFINITY }: { readonly limit?: number } = {}): Promise<Item[]> {
    const result: Item[] = [];
    if (limit <= 0) return result;
    for await (const { items } of this.pages()) {
      for (const item of items) if (result.length < limit) result.push(item);
      if (result.length >= limit) break;
    }
    return result;
  }
}
