import type { Privilege } from '../governance/privileges.ts';

/** What a statement names, in the words of SQL. A name has one to three parts. */
export interface NamedSecurable {
  readonly type:
    | 'METASTORE'
    | 'CATALOG'
    | 'SCHEMA'
    | 'TABLE'
    | 'FUNCTION'
    | 'MODEL'
    | 'VOLUME'
    | 'EXPERIMENT';
  /** None for the metastore, whose name says nothing. */
  readonly name: readonly string[];
}

export type ShownKind = 'catalogs' | 'schemas' | 'tables' | 'functions' | 'models' | 'volumes' | 'columns';

/** Every statement but queries. */
export type GovernanceStatement =
  | {
      readonly kind: 'grant' | 'revoke';
      readonly privileges: readonly Privilege[];
      readonly on: NamedSecurable;
      readonly principal: string;
    }
  | { readonly kind: 'show-grants'; readonly principal?: string; readonly on: NamedSecurable }
  | {
      readonly kind: 'show';
      readonly what: ShownKind;
      /** The catalog or schema to look in; undefined for the current one. */
      readonly place: readonly string[] | 'everywhere' | undefined;
      readonly like?: string;
      readonly schemaLike?: string;
      readonly tableLike?: string;
    }
  | {
      readonly kind: 'create';
      readonly on: NamedSecurable;
      readonly ifNotExists: boolean;
      readonly comment?: string;
    }
  | {
      readonly kind: 'drop';
      readonly on: NamedSecurable;
      readonly ifExists: boolean;
      readonly cascade: boolean;
    }
  | { readonly kind: 'describe'; readonly on: NamedSecurable }
  | { readonly kind: 'set-owner'; readonly on: NamedSecurable; readonly principal: string }
  | {
      readonly kind: 'set-tags';
      readonly on: NamedSecurable;
      readonly tags: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'unset-tags'; readonly on: NamedSecurable; readonly keys: readonly string[] }
  | { readonly kind: 'set-comment'; readonly on: NamedSecurable; readonly comment: string | null }
  | { readonly kind: 'use'; readonly on: NamedSecurable };

/** A statement that DuckDB runs. */
export interface QueryStatement {
  readonly kind: 'query';
  /** The statement without its last semicolon. */
  readonly text: string;
  /** What is asked about the query, instead of its rows. */
  readonly about?: 'EXPLAIN' | 'EXPLAIN ANALYZE' | 'DESCRIBE';
  /** The query itself. */
  readonly query: string;
}

export type Statement = GovernanceStatement | QueryStatement;
