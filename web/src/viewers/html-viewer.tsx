import { ShieldCheck } from 'lucide-react';
import { useState } from 'react';
import { SegmentedControl } from '../ui/segmented-control.tsx';
import { ActiveFrame } from './active-frame.tsx';
import classes from './artifact-view.module.css';
import type { ViewerProps } from './file-view.tsx';
import { nameOf } from './kinds.ts';
import { TextViewer } from './text-viewer.tsx';

type Way = 'page' | 'source';

const WAYS = [
  { value: 'page', label: 'Page' },
  { value: 'source', label: 'Source' },
];

export function HtmlViewer({ file, owner }: ViewerProps) {
  const [way, setWay] = useState<Way>('page');
  const tools = (
    <SegmentedControl
      size="xs"
      aria-label="How to show the page"
      data={WAYS}
      value={way}
      onChange={(value) => setWay(value as Way)}
    />
  );
  if (way === 'source') return <TextViewer file={file} owner={owner} tools={tools} />;
  return (
    <>
      <div className={classes.toolbar}>
        {tools}
        <span className={classes.spread} />
        <ShieldCheck size={14} aria-hidden />
        <span>Isolated: its scripts reach neither this server nor the network</span>
      </div>
      <ActiveFrame url={file.url} title={nameOf(file.path)} />
    </>
  );
}
