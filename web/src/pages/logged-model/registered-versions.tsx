import type { LoggedModel } from '@slipway/client';
import { useQueries } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { modelVersionQuery } from '../../data/models.ts';
import { AliasBadge, StageBadge } from '../../registry/alias-badge.tsx';
import { Panel } from '../../ui/panel.tsx';
import classes from './logged-model-page.module.css';
import { readVersionsTag } from './versions-tag.ts';

/** The versions that this model was registered as, with what they hold now. */
export function RegisteredVersions({ model }: { readonly model: LoggedModel }) {
  const named = readVersionsTag(model.tags['mlflow.modelVersions']);
  const versions = useQueries({
    queries: named.map(({ name, version }) => ({ ...modelVersionQuery(name, version), staleTime: 0 })),
    combine: (results) => results.map(({ data }) => data),
  });
  if (named.length === 0) return null;
  return (
    <Panel title="Registered as">
      <ul className={classes.versions}>
        {named.map(({ name, version }, i) => (
          <li key={`${name} ${version}`}>
            <Link to="/models/$name/versions/$version" params={{ name, version }} dir="auto">
              {name} version {version}
            </Link>
            {versions[i]?.aliases.map((alias) => (
              <AliasBadge key={alias} alias={alias} />
            ))}
            {versions[i] !== undefined && <StageBadge stage={versions[i].stage} />}
          </li>
        ))}
      </ul>
    </Panel>
  );
}
