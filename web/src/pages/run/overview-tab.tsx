import type { Run } from '@slipway/client';
import { AboutPanel } from './about-panel.tsx';
import { ChildrenPanel } from './children-panel.tsx';
import { DatasetsPanel } from './datasets-panel.tsx';
import { LineagePanel } from './lineage-panel.tsx';
import { LoadPanel } from './load-panel.tsx';
import { MetricTable } from './metric-table.tsx';
import { ModelsPanel } from './models-panel.tsx';
import { NotePanel } from './note-panel.tsx';
import classes from './overview-tab.module.css';
import { ParamTable } from './param-table.tsx';
import { TagsPanel } from './tags-panel.tsx';

/** Everything about a run that is not a curve or a file. */
export function OverviewTab({ run }: { readonly run: Run }) {
  return (
    <div className={classes.columns}>
      <div className={classes.main}>
        <NotePanel run={run} />
        <MetricTable run={run} />
        <ParamTable run={run} />
        <ChildrenPanel run={run} />
        <LoadPanel run={run} />
      </div>
      <aside className={classes.side} aria-label="About this run">
        <AboutPanel run={run} />
        <TagsPanel run={run} />
        <DatasetsPanel run={run} />
        <ModelsPanel run={run} />
        <LineagePanel run={run} />
      </aside>
    </div>
  );
}
