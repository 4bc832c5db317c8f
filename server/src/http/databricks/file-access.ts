import { type FilePlace, noSuchFile, type VersionName } from '../../artifacts/file-places.ts';
import { idInTree, inTree, type TreePath } from '../../artifacts/trees.ts';
import { securableOfVolume, type Volumes, volumeNotFound } from '../../artifacts/volumes.ts';
import type { Access } from '../../governance/access.ts';
import { AppError, notFound } from '../../kernel/errors.ts';
import { type ArtifactPath, parseArtifactPath } from '../../objects/artifact-path.ts';
import { nameOfRow, securableOf } from '../../registry/model-names.ts';
import { versionNotFound } from '../../registry/version-details.ts';
import { type VersionFolder, versionOfPath } from '../../registry/version-folders.ts';
import type { Owners } from '../../tracking/owners.ts';
import { experimentOn, type Targets } from '../mlflow/targets.ts';
import { onModel, type ReadModelName } from '../model-access.ts';
import { type Need, requireStill, type Target } from '../route-access.ts';

export interface FileAccessServices {
  readonly volumes: Pick<Volumes, 'find' | 'findAt'>;
  readonly owners: Pick<Owners, 'ofPath'>;
  readonly targets: Pick<Targets, 'readsThroughModel'>;
  readonly readModelName: ReadModelName;
  /** By the stored name of its model. @throws AppError NotFound */
  findVersionFolder(storedName: string, version: number): Promise<VersionFolder>;
  /** @throws AppError NotFound */
  modelOfNumber(modelNo: number): Promise<{ readonly name: string; readonly schema_name: string }>;
}

interface OfCaller {
  readonly caller: { readonly access: Access };
}

/** In DBFS, besides artifacts: what everybody who is signed in may read and write. */
const OPEN_FOLDERS = ['dbfs/tmp', 'dbfs/FileStore'];

/** Where files lie that protocols name by path, and what a caller needs to read or to write them. */
export function createFileAccess({
  volumes,
  owners,
  targets,
  readModelName,
  findVersionFolder,
  modelOfNumber,
}: FileAccessServices) {
  const missingAt = (path: string) => () => noSuchFile(`/${path}`);

  async function artifactTargets(path: ArtifactPath | ''): Promise<readonly Target[]> {
    if (versionOfPath(path as ArtifactPath) !== 'elsewhere') return [];
    const experiments = path === '' ? [] : await owners.ofPath(path);
    return experiments.map((experimentNo) => ({ on: experimentOn(experimentNo), missing: missingAt(path) }));
  }

  /** Of a path below the files of registered versions, which is an artifact to the letter. */
  async function versionPathTargets(path: ArtifactPath | ''): Promise<readonly Target[]> {
    const of = versionOfPath(path as ArtifactPath);
    if (of === 'elsewhere') return [];
    if (of === undefined) throw noSuchFile(`/${path}`);
    try {
      return [{ on: securableOf(nameOfRow(await modelOfNumber(of.modelNo))), missing: missingAt(path) }];
    } catch (error) {
      if (error instanceof AppError && error.code === 'NotFound') throw noSuchFile(`/${path}`);
      throw error;
    }
  }

  /** What nothing governs: a few folders are everybody's, and all else is for administrators. */
  async function refuseUngoverned(place: FilePlace, wanted: 'read' | 'write'): Promise<void> {
    if (place.kind !== 'artifact') return;
    const { path } = place;
    if (versionOfPath(path as ArtifactPath) !== 'elsewhere') return;
    if (path !== '' && (await owners.ofPath(path)).length > 0) return;
    const open = OPEN_FOLDERS.some((folder) => path === folder || path.startsWith(`${folder}/`));
    // An open folder itself is nobody's to remove or to replace.
    if (open && (wanted === 'read' || !OPEN_FOLDERS.includes(path))) return;
    throw wanted === 'read'
      ? noSuchFile(`/${path}`)
      : new AppError(
          'PermissionDenied',
          'Permission denied: outside of experiments and volumes, files go below dbfs:/tmp and dbfs:/FileStore.',
        );
  }

  function needsOf<Call extends OfCaller>(
    wanted: 'read' | 'write',
    placesOf: (call: Call) => readonly FilePlace[],
  ): readonly Need<Call>[] {
    const reads = wanted === 'read';
    const modelAction = reads ? 'model.read-files' : 'model.create-version';
    return [
      {
        action: reads ? 'experiment.read' : 'experiment.edit',
        async target(call) {
          const targets: Target[] = [];
          for (const place of placesOf(call)) {
            await refuseUngoverned(place, wanted);
            if (place.kind === 'artifact') targets.push(...(await artifactTargets(place.path)));
          }
          return targets;
        },
      },
      {
        action: reads ? 'volume.read' : 'volume.write',
        target: (call) =>
          placesOf(call).flatMap((place) =>
            place.kind === 'volume'
              ? [{ on: securableOfVolume(place.volume), missing: () => volumeNotFound(place.volume) }]
              : [],
          ),
      },
      {
        action: modelAction,
        async target(call) {
          const targets: Target[] = [];
          for (const place of placesOf(call)) {
            if (place.kind === 'artifact') targets.push(...(await versionPathTargets(place.path)));
            if (place.kind !== 'model') continue;
            const { catalog, schema, model, version } = place.version;
            const need = onModel<Call>(modelAction, readModelName, {
              nameOf: () => `${catalog}.${schema}.${model}`,
              missing: (name) => versionNotFound(name, version),
            });
            targets.push((await need.target(call)) as Target);
          }
          return targets;
        },
      },
    ];
  }

  const folderOfVersion = ({ catalog, schema, model, version }: VersionName): Promise<VersionFolder> =>
    findVersionFolder(readModelName(`${catalog}.${schema}.${model}`).stored, version);

  async function placeAt(path: TreePath): Promise<FilePlace> {
    if (idInTree('volumes', path) === undefined) return { kind: 'artifact', path };
    const volume = await volumes.findAt(path);
    if (volume === undefined) throw placeIsGone();
    return { kind: 'volume', volume: volume.name, path: '' };
  }

  /** Where the files of a place lie; empty for the root of all artifacts. @throws AppError NotFound */
  async function resolve(place: FilePlace): Promise<TreePath | ''> {
    switch (place.kind) {
      case 'artifact':
        return place.path;
      case 'volume': {
        const volume = await volumes.find(place.volume);
        if (volume === undefined) throw volumeNotFound(place.volume);
        return inTree('volumes', volume.id, place.path);
      }
      case 'model': {
        const { folder } = await folderOfVersion(place.version);
        return place.path === '' ? folder : parseArtifactPath(`${folder}/${place.path}`);
      }
    }
  }

  return {
    resolve,

    /**
     * The same for what is to come there. Files come to a version only while its client is sending them, and into its own
     * folder: those of other versions lie with a run, for which the right to make versions is none.
     * @throws AppError NotFound, Conflict
     */
    async resolveForWriting(place: FilePlace): Promise<TreePath | ''> {
      if (place.kind === 'model') {
        const { folder, isOpen } = await folderOfVersion(place.version);
        if (!isOpen || versionOfPath(folder) === 'elsewhere') throw versionClosed();
      }
      return resolve(place);
    },

    /**
     * What `reading` and `writing` ask, where only the path is known at which the file lies: what was begun there earlier
     * is as good as what the caller may do now.
     * @throws AppError PermissionDenied; NotFound for what is hidden, in words that tell nothing of it
     */
    async requireAt(access: Access, wanted: 'read' | 'write', path: TreePath): Promise<void> {
      if (access.principal.isAdmin) return;
      try {
        const place = await placeAt(path);
        const rule = needsOf<OfCaller>(wanted, () => [place]);
        await requireStill(access, rule, { caller: { access } });
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== 'NotFound') throw error;
        // A file of a version, which who may read the model reads wherever it lies.
        if (wanted === 'read' && (await targets.readsThroughModel(path, access))) return;
        throw placeIsGone();
      }
    },

    /** The rule of a route that reads what the call names. */
    reading: <Call extends OfCaller>(placeOf: (call: Call) => FilePlace) =>
      needsOf<Call>('read', (call) => [placeOf(call)]),

    /** The rule of a route that writes there. */
    writing: <Call extends OfCaller>(placeOf: (call: Call) => FilePlace) =>
      needsOf<Call>('write', (call) => [placeOf(call)]),

    writingAll: <Call extends OfCaller>(placesOf: (call: Call) => readonly FilePlace[]) =>
      needsOf<Call>('write', placesOf),

    /**
     * Besides `writing`, of a route that removes what is there: artifacts of an experiment go by who manages it alone, as
     * in MLflow's protocol. Undefined where the call removes nothing.
     */
    removing: <Call extends OfCaller>(placeOf: (call: Call) => FilePlace | undefined): Need<Call> => ({
      action: 'experiment.manage',
      target(call) {
        const place = placeOf(call);
        return place?.kind === 'artifact' ? artifactTargets(place.path) : [];
      },
    }),
  };
}

const placeIsGone = (): AppError =>
  notFound('There is no such place for files any more.', { reason: 'NOT_FOUND' });

const versionClosed = (): AppError =>
  new AppError('Conflict', 'The files of this version do not change any more. Register a new version.', {
    field: 'path',
  });

export type FileAccess = ReturnType<typeof createFileAccess>;
