/** Steps of the older way to promote versions, in the order in which versions pass them. */
export type Stage = 'None' | 'Staging' | 'Production' | 'Archived';

export const STAGES: readonly Stage[] = ['None', 'Staging', 'Production', 'Archived'];
