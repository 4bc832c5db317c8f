import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { Pencil } from 'lucide-react';
import type { EndpointDetails, ServedConfig, ServedEntity } from '../../data/endpoints.ts';
import facts from '../../registry/facts-page.module.css';
import { stateOfEntity } from '../../serving/endpoint-state.ts';
import { TrafficBar } from '../../serving/traffic-bar.tsx';
import { Panel } from '../../ui/panel.tsx';
import { scrollRegion } from '../../ui/scroll-region.ts';
import { Status } from '../../ui/status.tsx';
import { TimeText } from '../../ui/texts.tsx';
import classes from './endpoint-page.module.css';

interface ServedPanelProps {
  readonly title: string;
  readonly endpoint: EndpointDetails;
  readonly config: ServedConfig;
  /** Absent where nothing may be changed. */
  readonly onEdit?: (() => void) | undefined;
}

/** The models of a configuration: which, how they are, and how the requests are split. */
export function ServedPanel({ title, endpoint, config, onEdit }: ServedPanelProps) {
  const { entities, version, made_by: by, created_at: at } = config;
  const ready = endpoint.processes.filter(
    ({ config_version: of, state }) => of === version && state === 'ready',
  ).length;
  return (
    <Panel
      title={title}
      aside={
        <div className={classes.asides}>
          <span>
            configuration {version}, by <span dir="auto">{by}</span> <TimeText timeMs={at} />
          </span>
          {onEdit !== undefined && (
            <Button
              size="compact-sm"
              variant="default"
              leftSection={<Pencil size={13} aria-hidden />}
              onClick={onEdit}
            >
              Change the split…
            </Button>
          )}
        </div>
      }
    >
      <section className={facts.scroll} {...scrollRegion} aria-label={`Models of configuration ${version}`}>
        <table className={`${facts.table} ${classes.served}`}>
          <thead>
            <tr>
              <th scope="col">Served model</th>
              <th scope="col">Model and version</th>
              <th scope="col">State</th>
              <th scope="col" className="numeric">
                Requests
              </th>
              <th scope="col">Size</th>
              <th scope="col">At rest</th>
            </tr>
          </thead>
          <tbody>
            {entities.map((entity) => (
              <EntityRow key={entity.name} entity={entity} />
            ))}
          </tbody>
        </table>
      </section>
      {entities.length > 1 && (
        <div className={classes.inset}>
          <TrafficBar
            shares={entities.map(({ name, percent }) => ({ key: name, name, percent }))}
            sum={100}
          />
        </div>
      )}
      {endpoint.process.count > 1 && (
        <p className={classes.note}>
          Ready on {ready} of {endpoint.process.count} server processes.
        </p>
      )}
    </Panel>
  );
}

function EntityRow({ entity }: { readonly entity: ServedEntity }) {
  const { name, model, version, alias, percent, size, message, state } = entity;
  const target = alias === undefined ? `version ${version}` : `@${alias}, version ${version}`;
  return (
    <>
      <tr>
        <th scope="row" className={`${facts.cut} ${classes.entityName}`} title={name}>
          {name}
        </th>
        <td className={facts.cut} dir="auto" title={`${model} ${target}`}>
          {entity.is_model_seen ? (
            <Link to="/models/$name/versions/$version" params={{ name: model, version }}>
              {model} {target}
            </Link>
          ) : (
            `${model} ${target}`
          )}
        </td>
        <td>
          <Status status={stateOfEntity(entity)} />
        </td>
        <td className="numeric">{percent} %</td>
        <td>{size ?? `${entity.min_concurrency} to ${entity.max_concurrency} at once`}</td>
        <td>{entity.scale_to_zero ? 'scales to zero' : 'stays up'}</td>
      </tr>
      {message !== '' && message !== 'Scaled to zero' && (
        <tr>
          <td colSpan={6} className={classes.message} data-state={state} dir="auto">
            {message}
          </td>
        </tr>
      )}
      {entity.variable_names.length > 0 && (
        <tr>
          <td colSpan={6} className={classes.message}>
            Environment variables: <span className="mono">{entity.variable_names.join(', ')}</span>
          </td>
        </tr>
      )}
    </>
  );
}
