import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { client } from '../data/server.ts';
import { ErrorNotice } from '../ui/states.tsx';
import { type ArtifactOwner, ownerKey } from '../viewers/artifact-owner.ts';
import { parseMlmodel } from '../viewers/mlmodel.ts';
import { ModelDescription } from '../viewers/mlmodel-viewer.tsx';
import classes from './registry.module.css';

/** What a version or a logged model takes and gives, and how to use it, as its MLmodel file says. */
export function DescribedModel({ owner }: { readonly owner: ArtifactOwner }) {
  const model = useQuery({
    queryKey: ['mlmodel', ownerKey(owner)],
    queryFn: async ({ signal }) => {
      const text = await client.artifacts.text(owner, 'MLmodel', { signal }).catch((error: unknown) => {
        if (isNotFound(error)) return undefined;
        throw error;
      });
      return text === undefined ? null : parseMlmodel(text);
    },
    placeholderData: undefined,
  });
  if (model.isError) {
    return (
      <ErrorNotice
        error={model.error}
        what="The model’s description could not be read"
        onRetry={() => void model.refetch()}
      />
    );
  }
  if (model.data === undefined) return <Skeleton height={160} />;
  if (model.data === null) {
    return (
      <p className={classes.nothing}>
        There is no MLmodel file at the source, so nothing is known of its inputs. Models that{' '}
        <code>log_model</code> wrote have one.
      </p>
    );
  }
  return <ModelDescription model={model.data} owner={owner} folder="" />;
}

const isNotFound = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'RESOURCE_DOES_NOT_EXIST';
