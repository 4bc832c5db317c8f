import type { Tag } from '../tracking/run-rules.ts';

/** Whole registered models as they move between registries. */
export interface TransferredModel {
  readonly name: string;
  readonly description: string | null;
  readonly creationTimeMs: number;
  readonly lastUpdateTimeMs: number;
  readonly tags: readonly Tag[];
  readonly aliases: readonly { readonly alias: string; readonly version: number }[];
  /** By ascending number; deleted ones too, where their registry shows them. */
  readonly versions: readonly TransferredVersion[];
}

export interface TransferredVersion {
  readonly version: number;
  /** `Deleted_Internal` for one that was deleted. */
  readonly stage: string;
  readonly description: string | null;
  readonly userId: string | null;
  readonly source: string | null;
  readonly storageLocation: string | null;
  readonly runId: string | null;
  readonly runLink: string | null;
  readonly loggedModelId: string | null;
  readonly status: string;
  readonly statusMessage: string | null;
  readonly creationTimeMs: number;
  readonly lastUpdateTimeMs: number;
  readonly tags: readonly Tag[];
}
