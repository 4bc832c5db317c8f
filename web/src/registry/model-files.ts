import { queryOptions } from '@tanstack/react-query';
import { queryClient } from '../data/query-client.ts';
import { type ArtifactOwner, ownerKey, viewUrl } from '../viewers/artifact-owner.ts';
import { folderQuery } from '../viewers/artifact-queries.ts';
import { readText } from '../viewers/bytes.ts';
import { type Mlmodel, parseMlmodel } from '../viewers/mlmodel.ts';
import { type Requirements, readRequirements } from './requirements.ts';

const MOST_READ = 4 * 1024 * 1024;

/** What the MLmodel file of a model says; null where there is none. */
export const mlmodelQuery = (owner: ArtifactOwner) =>
  queryOptions({
    queryKey: ['mlmodel', ownerKey(owner)],
    queryFn: async ({ signal }): Promise<Mlmodel | null> => {
      const text = await readFile(owner, 'MLmodel', signal);
      return text === undefined ? null : parseMlmodel(text);
    },
    placeholderData: undefined,
    staleTime: Number.POSITIVE_INFINITY,
  });

/** What the model needs of Python's packages; null where it does not say. */
export const requirementsQuery = (owner: ArtifactOwner) =>
  queryOptions({
    queryKey: ['requirements', ownerKey(owner)],
    queryFn: async ({ signal }): Promise<Requirements | null> => {
      const text = await readFile(owner, 'requirements.txt', signal);
      return text === undefined ? null : readRequirements(text);
    },
    placeholderData: undefined,
    staleTime: Number.POSITIVE_INFINITY,
  });

/** A file directly in the model's folder. The folder is asked first: a request for what is not there is an error. */
async function readFile(
  owner: ArtifactOwner,
  path: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { entries } = await queryClient.ensureQueryData(folderQuery(owner, ''));
  const sizeBytes = entries.find((entry) => entry.path === path)?.sizeBytes;
  if (sizeBytes === undefined || sizeBytes > MOST_READ) return undefined;
  return readText({ url: viewUrl(owner, path), path, sizeBytes }, signal);
}
