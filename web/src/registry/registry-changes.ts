import { queryClient } from '../data/query-client.ts';
import { client } from '../data/server.ts';
import { notify, notifyFailure } from '../ui/notices.tsx';
import type { Stage } from './stages.ts';

/** Reads anew what shows the model. */
export async function refreshModel(name: string): Promise<void> {
  await Promise.all([
    queryClient.invalidateQueries({ queryKey: ['model', name] }),
    queryClient.invalidateQueries({ queryKey: ['models'] }),
  ]);
}

export interface AliasMove {
  readonly name: string;
  readonly alias: string;
  readonly version: string;
  /** Where the alias points now, if it is there. */
  readonly from: string | undefined;
}

const aliasOf = (name: string, alias: string): string => `alias ${alias} of ${name}`;

/** Points an alias at a version and offers the way back. */
export async function moveAlias({ name, alias, version, from }: AliasMove): Promise<void> {
  try {
    await client.registeredModels.setAlias(name, alias, version);
    await refreshModel(name);
    notify({
      text: `${alias} points at version ${version} of ${name}.`,
      about: aliasOf(name, alias),
      undo: () =>
        void (from === undefined
          ? removeAlias({ name, alias, version })
          : moveAlias({ name, alias, version: from, from: version })),
    });
  } catch (error) {
    notifyFailure(error);
  }
}

/** Takes an alias away and offers to put it back. */
export async function removeAlias(held: {
  readonly name: string;
  readonly alias: string;
  readonly version: string;
}): Promise<void> {
  const { name, alias, version } = held;
  try {
    await client.registeredModels.deleteAlias(name, alias);
    await refreshModel(name);
    notify({
      text: `${alias} points at no version of ${name} any more.`,
      about: aliasOf(name, alias),
      undo: () => void moveAlias({ name, alias, version, from: undefined }),
    });
  } catch (error) {
    notifyFailure(error);
  }
}

export interface StageMove {
  readonly name: string;
  readonly version: string;
  readonly from: Stage;
  readonly to: Stage;
  /** Versions that leave the stage for Archived. */
  readonly archived: readonly string[];
}

/** Moves a version to a stage; the way back also brings those back that were archived for it. */
export async function moveStage({ name, version, from, to, archived }: StageMove): Promise<void> {
  try {
    await client.modelVersions.transitionStage(name, version, to, { archiveOthers: archived.length > 0 });
    await refreshModel(name);
    const undo = async () => {
      await client.modelVersions.transitionStage(name, version, from);
      for (const other of archived) await client.modelVersions.transitionStage(name, other, to);
      await refreshModel(name);
    };
    notify({
      text: `Version ${version} of ${name} is in ${to}.`,
      about: `stage of ${version} of ${name}`,
      undo: () => void undo().catch(notifyFailure),
    });
  } catch (error) {
    notifyFailure(error);
  }
}
