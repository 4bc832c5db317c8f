import type { Access } from '../governance/access.ts';
import { AppError } from '../kernel/errors.ts';
import type { Location } from '../objects/location.ts';
import { securableOf } from '../registry/model-names.ts';
import type { RegisteredModel } from '../registry/models.ts';
import { parseSource } from '../registry/source-rules.ts';
import type { VersionDetails } from '../registry/version-details.ts';
import type { Owners } from '../tracking/owners.ts';
import type { ReadModelName } from './model-access.ts';

/**
 * What of a version's origin its readers are told. Whoever may see the model need not see the experiment that it was
 * trained in: to them the version has no run, no logged model and no source. Its files lie where `get-download-uri`
 * tells those who may read them; the ids in that path open nothing.
 */
export interface VersionOrigins {
  ofVersion(access: Access, version: VersionDetails): VersionDetails | Promise<VersionDetails>;
  ofVersions(
    access: Access,
    versions: readonly VersionDetails[],
  ): readonly VersionDetails[] | Promise<readonly VersionDetails[]>;
  ofModel(access: Access, model: RegisteredModel): RegisteredModel | Promise<RegisteredModel>;
  ofModels(
    access: Access,
    models: readonly RegisteredModel[],
  ): readonly RegisteredModel[] | Promise<readonly RegisteredModel[]>;
}

export interface VersionOriginsDependencies {
  readonly owners: Owners;
  readonly readModelName: ReadModelName;
}

export function createVersionOrigins({ owners, readModelName }: VersionOriginsDependencies): VersionOrigins {
  const isHidden = (access: Access, experimentNo: number | undefined): boolean =>
    experimentNo !== undefined &&
    access.decide('experiment.read', { type: 'experiment', experimentNo }) !== 'allowed';

  async function namesHidden(access: Access, source: string): Promise<boolean> {
    let location: Location;
    try {
      location = parseSource(source);
    } catch (error) {
      // A prompt's placeholder names no place.
      if (error instanceof AppError) return false;
      throw error;
    }
    switch (location.kind) {
      case 'runs':
        return isHidden(access, await owners.ofRun(location.runId));
      case 'models': {
        const { model } = location;
        if (model.by === 'id') return isHidden(access, await owners.ofLoggedModel(model.modelId));
        return access.decide('model.see', securableOf(readModelName(model.name))) !== 'allowed';
      }
      case 'managed':
        return (await owners.ofPath(location.path)).some((no) => isHidden(access, no));
      default:
        return false;
    }
  }

  async function shown(access: Access, version: VersionDetails): Promise<VersionDetails> {
    const { row } = version;
    const { run_id: runId, logged_model_id: modelId, source } = row;
    const hidesRun = Boolean(runId) && isHidden(access, await owners.ofRun(runId!));
    const hidesModel = Boolean(modelId) && isHidden(access, await owners.ofLoggedModel(modelId!));
    const hidesSource = hidesRun || hidesModel || (source !== null && (await namesHidden(access, source)));
    // Files that a client did not send apart lie where the run put them.
    const place = row.storage_location;
    const hidesPlace = place !== null && (await namesHidden(access, place));
    if (!hidesSource && !hidesPlace) return version;
    return {
      ...version,
      row: {
        ...row,
        ...(hidesSource && { source: null }),
        ...(hidesPlace && { storage_location: null }),
        ...(hidesRun && { run_id: null, run_link: null, run_workspace_id: null }),
        ...(hidesModel && { logged_model_id: null }),
      },
    };
  }

  async function shownAll(
    access: Access,
    versions: readonly VersionDetails[],
  ): Promise<readonly VersionDetails[]> {
    // Two queries for all of them; what is asked singly is known then.
    await owners.ofRuns(versions.flatMap(({ row }) => row.run_id || []));
    await owners.ofLoggedModels(versions.flatMap(({ row }) => row.logged_model_id || []));
    const all: VersionDetails[] = [];
    for (const version of versions) all.push(await shown(access, version));
    return all;
  }

  /** What is left out is left out by what holds now: the caller may have made the run through another process. */
  async function shownNow(
    access: Access,
    versions: readonly VersionDetails[],
  ): Promise<readonly VersionDetails[]> {
    const all = await shownAll(access, versions);
    if (access.catchUp === undefined || all.every((version, i) => version === versions[i])) return all;
    await access.catchUp();
    return shownAll(access, versions);
  }

  async function modelsShown(
    access: Access,
    models: readonly RegisteredModel[],
  ): Promise<readonly RegisteredModel[]> {
    const latest = await shownNow(
      access,
      models.flatMap(({ latestVersions }) => latestVersions),
    );
    let next = 0;
    return models.map((model) => {
      const from = next;
      next += model.latestVersions.length;
      return { ...model, latestVersions: latest.slice(from, next) };
    });
  }

  return {
    ofVersion: (access, version) =>
      access.principal.isAdmin ? version : shownNow(access, [version]).then(([only]) => only!),
    ofVersions: (access, versions) => (access.principal.isAdmin ? versions : shownNow(access, versions)),
    ofModel: (access, model) =>
      access.principal.isAdmin ? model : modelsShown(access, [model]).then(([only]) => only!),
    ofModels: (access, models) => (access.principal.isAdmin ? models : modelsShown(access, models)),
  };
}
