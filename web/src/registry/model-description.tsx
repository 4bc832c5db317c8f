import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { ErrorNotice } from '../ui/states.tsx';
import type { ArtifactOwner } from '../viewers/artifact-owner.ts';
import { ModelDescription } from '../viewers/mlmodel-viewer.tsx';
import { mlmodelQuery, requirementsQuery } from './model-files.ts';
import classes from './registry.module.css';

/** What a version or a logged model takes and gives, how to use it, and what it needs, as its files say. */
export function DescribedModel({ owner }: { readonly owner: ArtifactOwner }) {
  const model = useQuery(mlmodelQuery(owner));
  const requirements = useQuery(requirementsQuery(owner));
  if (model.isError) {
    return (
      <div className={classes.inset}>
        <ErrorNotice
          error={model.error}
          what="The model’s files could not be read"
          onRetry={() => void model.refetch()}
        />
      </div>
    );
  }
  if (model.data === undefined) return <Skeleton height={160} m={16} width="auto" />;
  if (model.data === null) {
    return (
      <p className={classes.nothing}>
        There is no MLmodel file at the source, so nothing is known of its inputs. Models that{' '}
        <code>log_model</code> wrote have one.
      </p>
    );
  }
  return (
    <>
      <ModelDescription model={model.data} owner={owner} folder="" />
      {requirements.data != null && requirements.data.size > 0 && (
        <section className={classes.requirements} aria-label="Requirements">
          <h3>Requirements</h3>
          <ul>
            {Array.from(requirements.data, ([name, wanted]) => (
              <li key={name}>
                <span className={classes.packageName}>{name}</span> <span className="mono">{wanted}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}
