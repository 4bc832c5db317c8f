import type { Migration } from '../migrate.ts';
import { tracking } from './0001-tracking.ts';
import { registry } from './0002-registry.ts';
import { artifacts } from './0003-artifacts.ts';
import { traces } from './0004-traces.ts';
import { idempotency } from './0005-idempotency.ts';
import { imports } from './0006-imports.ts';
import { live } from './0007-live.ts';
import { experimentFolders } from './0008-experiment-folders.ts';
import { spanMeasures } from './0009-span-measures.ts';
import { savedViews } from './0010-saved-views.ts';
import { pointBlocks } from './0011-point-blocks.ts';
import { secretKey } from './0012-secret-key.ts';
import { governance } from './0013-governance.ts';
import { threeLevels } from './0015-three-levels.ts';
import { files } from './0016-files.ts';
import { databricks } from './0017-databricks.ts';
import { statements } from './0018-statements.ts';
import { audit } from './0019-audit.ts';
import { experimentVisibility } from './0020-experiment-visibility.ts';
import { registryChanges } from './0022-registry-changes.ts';
import { ownersByNumber } from './0023-owners-by-number.ts';
import { serving } from './0025-serving.ts';
import { inferenceTables } from './0026-inference-tables.ts';
import { auditAskers } from './0027-audit-askers.ts';
import { droppedTables } from './0028-dropped-tables.ts';
import { compiledModels } from './0029-compiled-models.ts';

/** Every migration, oldest first. A migration that has shipped is never edited: the next one mends it. */
export const migrations: readonly Migration[] = [
  tracking,
  registry,
  artifacts,
  traces,
  idempotency,
  imports,
  live,
  experimentFolders,
  spanMeasures,
  savedViews,
  pointBlocks,
  secretKey,
  governance,
  threeLevels,
  files,
  databricks,
  statements,
  audit,
  experimentVisibility,
  registryChanges,
  ownersByNumber,
  serving,
  inferenceTables,
  auditAskers,
  droppedTables,
  compiledModels,
];
