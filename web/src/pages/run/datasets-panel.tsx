import type { DatasetInput, Run } from '@slipway/client';
import { ChevronDown, ChevronRight, Database } from 'lucide-react';
import { useState } from 'react';
import { CopyButton, MiddleText } from '../../ui/texts.tsx';
import { type DatasetFacts, readDataset } from './dataset-facts.ts';
import classes from './datasets-panel.module.css';
import { Panel } from './panel.tsx';

/** What data went into the run, in which version, and what for. */
export function DatasetsPanel({ run }: { readonly run: Run }) {
  const { datasets } = run;
  if (datasets.length === 0) return null;
  return (
    <Panel title="Datasets" count={datasets.length}>
      <ul className={classes.list}>
        {datasets.map((dataset) => (
          <DatasetEntry key={`${dataset.name} ${dataset.digest}`} dataset={dataset} />
        ))}
      </ul>
    </Panel>
  );
}

function DatasetEntry({ dataset }: { readonly dataset: DatasetInput }) {
  const [isOpen, setOpen] = useState(false);
  const facts = readDataset(dataset);
  const Chevron = isOpen ? ChevronDown : ChevronRight;
  return (
    <li className={classes.entry}>
      <button
        type="button"
        className={classes.summary}
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        <Chevron size={14} aria-hidden />
        <Database size={14} aria-hidden />
        <span className={classes.name} dir="auto">
          {dataset.name}
        </span>
        {facts.context !== undefined && (
          <span className={classes.context} dir="auto">
            {facts.context}
          </span>
        )}
        <span className={classes.digest}>{dataset.digest}</span>
      </button>
      {isOpen && <DatasetDetails dataset={dataset} facts={facts} />}
    </li>
  );
}

interface DatasetDetailsProps {
  readonly dataset: DatasetInput;
  readonly facts: DatasetFacts;
}

function DatasetDetails({ dataset, facts }: DatasetDetailsProps) {
  return (
    <div className={classes.details}>
      <div className={classes.source}>
        <span className="dim">{dataset.sourceType}</span>
        {facts.link === undefined ? (
          <span className="mono">
            <MiddleText text={facts.source} most={36} />
          </span>
        ) : (
          <a href={facts.link} target="_blank" rel="noopener noreferrer nofollow" className="mono">
            <MiddleText text={facts.source} most={36} />
          </a>
        )}
        <CopyButton text={facts.source} label="Copy the source" />
      </div>
      {facts.profile.length > 0 && (
        <p className="dim">{facts.profile.map(([name, value]) => `${name}: ${value}`).join(' · ')}</p>
      )}
      {facts.columns.length > 0 && (
        <div className={classes.columns}>
          {facts.columns.slice(0, MOST_COLUMNS).map(({ name, type }) => (
            <div key={name} className={classes.column}>
              <span dir="auto">{name}</span>
              <span className="mono dim">{type}</span>
            </div>
          ))}
          {facts.columns.length > MOST_COLUMNS && (
            <p className="dim">and {facts.columns.length - MOST_COLUMNS} more columns</p>
          )}
        </div>
      )}
    </div>
  );
}

const MOST_COLUMNS = 200;
