import { useQuery } from '@tanstack/react-query';
import { useCallback, useState } from 'react';
import { renderBytes } from '../ui/numbers.ts';
import { SegmentedControl } from '../ui/segmented-control.tsx';
import { viewUrl } from './artifact-owner.ts';
import classes from './artifact-view.module.css';
import { readText } from './bytes.ts';
import type { ViewerProps } from './file-view.tsx';
import { folderOf } from './kinds.ts';
import { Markdown } from './markdown.tsx';
import { resolvePath } from './relative-path.ts';
import { TextViewer } from './text-viewer.tsx';
import { Waiting } from './waiting.tsx';

const MOST_RENDERED = 1024 * 1024;

const WAYS = [
  { value: 'page', label: 'Page' },
  { value: 'source', label: 'Source' },
];

export function MarkdownViewer({ file, owner }: ViewerProps) {
  const isLarge = file.sizeBytes > MOST_RENDERED;
  const [way, setWay] = useState(isLarge ? 'source' : 'page');
  const text = useQuery({
    queryKey: ['artifact-whole-text', file.url, file.sizeBytes],
    queryFn: ({ signal }) => readText(file, signal),
    enabled: !isLarge,
  });
  const pictureUrl = useCallback(
    (path: string) => viewUrl(owner, resolvePath(folderOf(file.path), path)),
    [owner, file.path],
  );
  if (isLarge) {
    return (
      <>
        <p className={classes.words}>
          Shown as its source: only texts up to {renderBytes(MOST_RENDERED)} are set as pages.
        </p>
        <TextViewer file={file} owner={owner} />
      </>
    );
  }
  const tools = (
    <SegmentedControl size="xs" aria-label="How to show the text" data={WAYS} value={way} onChange={setWay} />
  );
  if (way === 'source') return <TextViewer file={file} owner={owner} tools={tools} />;
  if (text.isError) throw text.error;
  if (text.data === undefined) return <Waiting />;
  return (
    <>
      <div className={classes.toolbar}>{tools}</div>
      <div className={classes.scroll}>
        <div className={classes.padded}>
          <Markdown text={text.data} pictureUrl={pictureUrl} />
        </div>
      </div>
    </>
  );
}
