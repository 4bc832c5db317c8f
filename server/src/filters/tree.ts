import type { Int64 } from '../kernel/int64.ts';

/**
 * A search filter after parsing. Three-valued as in SQL: a leaf about a key that the entity lacks is unknown, and so
 * is its negation; only `null` looks at the absence itself.
 */
export type FilterNode =
  | { readonly kind: 'and' | 'or'; readonly nodes: readonly FilterNode[] }
  | { readonly kind: 'not'; readonly node: FilterNode }
  | { readonly kind: 'compare'; readonly field: Field; readonly op: CompareOp; readonly value: Literal }
  | {
      readonly kind: 'like';
      readonly field: Field;
      readonly pattern: string;
      readonly caseSensitive: boolean;
    }
  /** RLIKE: a regular expression of `pattern.ts` is found somewhere in the text. */
  | { readonly kind: 'matches'; readonly field: Field; readonly pattern: string }
  | { readonly kind: 'in'; readonly field: Field; readonly values: readonly Literal[] }
  | { readonly kind: 'null'; readonly field: Field };

/** The nodes that look at a field. NOT LIKE, NOT IN and IS NOT NULL are a `not` around one of these. */
export type LeafNode = Exclude<FilterNode, { kind: 'and' | 'or' | 'not' }>;

export type CompareOp = '=' | '!=' | '<' | '<=' | '>' | '>=';

/** Integers are exact to 64 bits: a bigint where a double would lose digits. */
export type Literal =
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'number'; readonly value: Int64 | number };

/** What a filter looks at: a scope of the entity and a key in it. */
export interface Field {
  readonly scope: Scope;
  /** The canonical name of an attribute (aliases are resolved), else the key as the user wrote it. */
  readonly key: string;
  /** Only on metrics of runs: a number drawn from the whole history instead of the latest value. */
  readonly history?: History;
  /** 0-based offset of the field in the filter's text, in UTF-16 units, for messages. */
  readonly position: number;
}

export type History =
  | { readonly fn: 'min' | 'max' | 'first' | 'last' | 'count' }
  | { readonly fn: 'at'; readonly step: Int64 };

export type Scope =
  | 'attribute'
  | 'metric'
  | 'param'
  | 'tag'
  | 'dataset'
  // Traces only:
  | 'metadata'
  | 'span'
  | 'feedback'
  | 'expectation'
  | 'issue';

export interface OrderTerm {
  readonly field: Field;
  readonly descending: boolean;
}
