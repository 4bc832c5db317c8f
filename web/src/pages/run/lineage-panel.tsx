import type { LoggedModel, ModelVersion, Run } from '@slipway/client';
import { Link, type LinkProps } from '@tanstack/react-router';
import { Box, Boxes, Database, FlaskConical, type LucideIcon } from 'lucide-react';
import { useLoggedModels } from '../../data/logged-models.ts';
import { type LineageNode, lineageOf } from './lineage.ts';
import classes from './lineage-panel.module.css';
import { Panel } from './panel.tsx';
import { useVersions } from './run-queries.ts';

const NO_MODELS: readonly LoggedModel[] = [];
const NO_VERSIONS: readonly ModelVersion[] = [];

/** From the data through the run to the models and what they were registered as. */
export function LineagePanel({ run }: { readonly run: Run }) {
  const models = useLoggedModels(run).data ?? NO_MODELS;
  const versions = useVersions(run.runId).data ?? NO_VERSIONS;
  const root = lineageOf({ run, models, versions });
  if (root.sources.length === 0 && root.results.length === 0) return null;
  return (
    <Panel title="Lineage">
      <div className={classes.lineage}>
        {root.sources.length > 0 && (
          <ul className={classes.level} aria-label="Went in">
            {root.sources.map((node) => (
              <NodeEntry key={node.key} node={node} />
            ))}
          </ul>
        )}
        <div className={classes.run}>
          <FlaskConical size={14} aria-hidden />
          <span dir="auto">{run.name}</span>
        </div>
        {root.results.length > 0 && (
          <ul className={classes.below} aria-label="Came out">
            {root.results.map((node) => (
              <NodeEntry key={node.key} node={node} />
            ))}
          </ul>
        )}
      </div>
    </Panel>
  );
}

const ICONS: Readonly<Record<LineageNode['kind'], LucideIcon>> = {
  dataset: Database,
  model: Box,
  version: Boxes,
};

function NodeEntry({ node }: { readonly node: LineageNode }) {
  const Icon = ICONS[node.kind];
  const link = linkOf(node);
  return (
    <li className={classes.node}>
      <span className={classes.label}>
        <Icon size={14} aria-hidden />
        {link === undefined ? (
          <span className={classes.name} dir="auto">
            {node.label}
          </span>
        ) : (
          <Link {...link} className={classes.name} dir="auto">
            {node.label}
          </Link>
        )}
        <span className={classes.note}>{node.note}</span>
      </span>
      {node.results.length > 0 && (
        <ul className={classes.below}>
          {node.results.map((one) => (
            <NodeEntry key={one.key} node={one} />
          ))}
        </ul>
      )}
    </li>
  );
}

function linkOf({ target }: LineageNode): LinkProps | undefined {
  if (target === undefined) return undefined;
  if ('version' in target) {
    const { name, version } = target;
    return { to: '/models/$name/versions/$version', params: { name, version } };
  }
  const { experimentId, modelId } = target;
  return {
    to: '/experiments/$experimentId/models/$modelId/$',
    params: { experimentId, modelId, _splat: '' },
  };
}
