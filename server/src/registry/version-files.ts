import type { Sql, SqlParam } from '../db/port.ts';
import { AppError } from '../kernel/errors.ts';
import { type ArtifactPath, parseArtifactPath } from '../objects/artifact-path.ts';
import { renderLocation } from '../objects/location.ts';
import { DELETED_STAGE } from './model-rules.ts';
import { VERSIONS_FOLDER } from './version-folders.ts';

export interface VersionName {
  readonly name: string;
  readonly version: number;
}

/**
 * A version whose files lie at, below or above a path of the artifact proxy, if there is one. Those that a client is
 * still sending may change (`version-folders.ts`). A version says where its
 * files are as `mlflow-artifacts:/0/<run>/artifacts/model` or as `runs:/<run>/model`.
 */
async function findVersionAt(sql: Sql, path: ArtifactPath): Promise<VersionName | undefined> {
  const places = placesOf(path);
  const conditions = [atOrAbove(sql, places)];
  for (const { at } of places) {
    // '0' comes right after '/': the range of all locations below.
    conditions.push({
      sql: '(v.storage_location >= ? AND v.storage_location < ?)',
      params: [`${at}/`, `${at}0`],
    });
  }
  return (await findVersionWhere(sql, conditions)) ?? findVersionOfRunBelow(sql, path);
}

interface Condition {
  readonly sql: string;
  readonly params: readonly SqlParam[];
}

/** Of versions whose files a path belongs to. */
function atOrAbove(sql: Sql, places: readonly Place[]): Condition {
  const locations = places.flatMap((place) => place.above.flatMap((location) => [location, `${location}/`]));
  return {
    sql: sql.dialect.inList('v.storage_location', 'text'),
    params: [sql.dialect.list(locations)],
  };
}

async function findVersionWhere(
  sql: Sql,
  conditions: readonly Condition[],
): Promise<VersionName | undefined> {
  return sql.get<VersionName>(
    `SELECT m.name, v.version FROM model_versions v JOIN registered_models m ON m.model_no = v.model_no
     WHERE v.stage <> '${DELETED_STAGE}' AND v.status <> 'PENDING_REGISTRATION'
       AND (${conditions.map((condition) => condition.sql).join(' OR ')})
     LIMIT 1`,
    conditions.flatMap(({ params }) => params),
  );
}

/** A folder above the runs of an experiment does not name them: versions that say `runs:/…` are found by their run. */
async function findVersionOfRunBelow(sql: Sql, path: ArtifactPath): Promise<VersionName | undefined> {
  const at = renderLocation({ kind: 'managed', path });
  return sql.get<VersionName>(
    `SELECT m.name, v.version FROM experiments e
     JOIN runs r ON r.experiment_no = e.experiment_no
     JOIN model_versions v ON v.run_id = r.run_id
     JOIN registered_models m ON m.model_no = v.model_no
     WHERE (e.artifact_location = ? OR (e.artifact_location >= ? AND e.artifact_location < ?))
       AND v.stage <> '${DELETED_STAGE}' AND v.storage_location >= 'runs:/' AND v.storage_location < 'runs:0' LIMIT 1`,
    [at, `${at}/`, `${at}0`],
  );
}

interface Place {
  /** The path as a location. */
  readonly at: string;
  /** It and the folders above it, as locations. */
  readonly above: readonly string[];
}

/** Every way in which a version may name a path. */
function placesOf(path: ArtifactPath): Place[] {
  const parts = path.split('/');
  const managed = parts.map((_, i) =>
    renderLocation({ kind: 'managed', path: parts.slice(0, i + 1).join('/') }),
  );
  const places: Place[] = [{ at: managed.at(-1)!, above: managed }];
  // `…/<run>/artifacts/model` is `runs:/<run>/model`, and each folder that lies so may be a run's.
  for (const [i, runId] of parts.entries()) {
    const inside = parts.slice(i + 2);
    if (i < parts.length - 1 && parts[i + 1] !== 'artifacts') continue;
    const above = [runId, ...inside].map((_, n) =>
      renderLocation({ kind: 'runs', runId, path: inside.slice(0, n).join('/') }),
    );
    places.push({ at: above.at(-1)!, above });
  }
  return places;
}

/** Refuses to change what a version needs. @throws AppError Conflict */
export async function keepVersionFiles(sql: Sql, path: ArtifactPath): Promise<void> {
  const found = await findVersionAt(sql, path);
  if (found !== undefined) throw neededBy(found);
}

/**
 * Refuses to bring a file among those of a version: it would be loaded with them. Beside them, anything may come.
 * @throws AppError Conflict
 */
export async function closeVersionFiles(sql: Sql, path: ArtifactPath): Promise<void> {
  const found = await findVersionWhere(sql, [atOrAbove(sql, placesOf(path))]);
  if (found === undefined) return;
  throw conflictWith(
    found,
    'A version of a registered model has its files here: they do not change any more. Register a new version.',
  );
}

/**
 * Refuses to remove a logged model whose files are those of a version. One whose files were sent names the model that it
 * was made from, as its maker says: nobody keeps another's model by that. @throws AppError Conflict
 */
export async function keepLoggedModel(sql: Sql, modelId: string): Promise<void> {
  const found = await sql.get<VersionName>(
    `SELECT m.name, v.version FROM model_versions v JOIN registered_models m ON m.model_no = v.model_no
     WHERE v.logged_model_id = ? AND v.stage <> '${DELETED_STAGE}'
       AND NOT (COALESCE(v.storage_location, '') >= ? AND COALESCE(v.storage_location, '') < ?) LIMIT 1`,
    // '0' comes right after '/': the range of all locations below.
    [modelId, `${SENT_FILES}/`, `${SENT_FILES}0`],
  );
  if (found !== undefined) throw neededBy(found);
}

const neededBy = (found: VersionName): AppError =>
  conflictWith(found, 'A version of a registered model needs these files: delete that version first.');

const SENT_FILES = renderLocation({ kind: 'managed', path: parseArtifactPath(VERSIONS_FOLDER) });

/** Without its name, but for the log: who may change the files need not see the model. */
const conflictWith = ({ name, version }: VersionName, message: string): AppError =>
  new AppError('Conflict', message, {
    field: 'path',
    cause: new Error(`Version ${version} of the registered model '${name}' needs them.`),
  });
