import { invalidState } from '../kernel/errors.ts';

/** The actions of the Delta protocol that we write, and read of other writers. */
export type Action =
  | { readonly protocol: Protocol }
  | { readonly metaData: Metadata }
  | { readonly commitInfo: Readonly<Record<string, unknown>> }
  | { readonly txn: Txn }
  | { readonly add: AddFile }
  | { readonly remove: RemoveFile };

export interface Protocol {
  readonly minReaderVersion: number;
  readonly minWriterVersion: number;
}

export interface Metadata {
  readonly id: string;
  readonly format: { readonly provider: string; readonly options: Readonly<Record<string, string>> };
  readonly schemaString: string;
  readonly partitionColumns: readonly string[];
  readonly configuration: Readonly<Record<string, string>>;
  readonly createdTime?: number;
}

/** The last of a writer's own numbers that is in the table. */
export interface Txn {
  readonly appId: string;
  readonly version: number;
  readonly lastUpdated?: number;
}

export interface AddFile {
  /** As it stands in the log: percent-encoded. */
  readonly path: string;
  readonly partitionValues: Readonly<Record<string, string | null>>;
  readonly size: number;
  readonly modificationTime: number;
  readonly dataChange: boolean;
  /** JSON. */
  readonly stats?: string;
}

export interface RemoveFile {
  readonly path: string;
  readonly deletionTimestamp?: number;
  readonly dataChange: boolean;
  readonly extendedFileMetadata?: boolean;
  readonly partitionValues?: Readonly<Record<string, string | null>>;
  readonly size?: number;
}

export const renderCommit = (actions: readonly Action[]): Buffer =>
  Buffer.from(`${actions.map((action) => JSON.stringify(action)).join('\n')}\n`);

/** Actions that we do not know are passed over: the protocol says which of them a reader may not. */
export function parseActions(text: string): Action[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      try {
        return JSON.parse(line) as Action;
      } catch (cause) {
        throw invalidState('The log of a Delta table cannot be read: a line of it is no JSON.', { cause });
      }
    });
}

/** Names of the files in a table's folder `_delta_log`. */
export const LOG_FOLDER = '_delta_log';
const digits = (version: number): string => String(version).padStart(20, '0');
export const commitName = (version: number): string => `${LOG_FOLDER}/${digits(version)}.json`;
export const checkpointName = (version: number): string =>
  `${LOG_FOLDER}/${digits(version)}.checkpoint.parquet`;
export const LAST_CHECKPOINT = `${LOG_FOLDER}/_last_checkpoint`;

/** The version of a commit or checkpoint, by its path within the table. */
export function versionOf(
  name: string,
): { readonly version: number; readonly kind: 'commit' | 'checkpoint' } | undefined {
  const [, number, suffix] = /^_delta_log\/(\d{20})\.(json|checkpoint\.parquet)$/.exec(name) ?? [];
  if (number === undefined) return undefined;
  return { version: Number(number), kind: suffix === 'json' ? 'commit' : 'checkpoint' };
}
