import { useState } from 'react';
import { SegmentedControl } from '../ui/segmented-control.tsx';
import { ActiveFrame } from './active-frame.tsx';
import classes from './artifact-view.module.css';
import type { ViewerProps } from './file-view.tsx';
import { nameOf } from './kinds.ts';
import { Picture } from './picture.tsx';
import { TextViewer } from './text-viewer.tsx';

type Way = 'picture' | 'frame' | 'source';

const WAYS = [
  { value: 'picture', label: 'Picture' },
  { value: 'frame', label: 'Interactive' },
  { value: 'source', label: 'Source' },
];

/** A drawing: as a picture nothing of it runs; what reacts to the mouse does so in a frame without an origin. */
export function SvgViewer({ file, owner }: ViewerProps) {
  const [way, setWay] = useState<Way>('picture');
  const tools = (
    <SegmentedControl
      size="xs"
      aria-label="How to show the drawing"
      data={WAYS}
      value={way}
      onChange={(value) => setWay(value as Way)}
    />
  );
  if (way === 'picture') return <Picture url={file.url} label={nameOf(file.path)} tools={tools} isVector />;
  if (way === 'source') return <TextViewer file={file} owner={owner} tools={tools} />;
  return (
    <>
      <div className={classes.toolbar}>{tools}</div>
      <ActiveFrame url={file.url} title={nameOf(file.path)} />
    </>
  );
}
