import type { Sql } from '../db/port.ts';
import type { Stage } from './model-rules.ts';

/** A change that decides which version callers get. */
export type Promotion =
  | { readonly kind: 'alias'; readonly name: string; readonly version: number; readonly alias: string }
  | { readonly kind: 'alias removal'; readonly name: string; readonly alias: string }
  | { readonly kind: 'stage'; readonly name: string; readonly version: number; readonly stage: Stage };

/**
 * Asked in the transaction of the change, before it: throws an AppError to refuse. It may await nothing but `sql`.
 */
export type PromotionGuard = (sql: Sql, promotion: Promotion) => Promise<void>;

/** What is about to go: one version, or the model with all of them. */
export interface Deletion {
  readonly name: string;
  readonly version: number | undefined;
}

/** Asked before a deletion, under the same terms as `PromotionGuard`. */
export type DeletionGuard = (sql: Sql, deletion: Deletion) => Promise<void>;
