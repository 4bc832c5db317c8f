/** What scrolls must take the focus, so that keys can scroll it: spread into a labelled region. */
export const scrollRegion = { tabIndex: 0 } as const;
