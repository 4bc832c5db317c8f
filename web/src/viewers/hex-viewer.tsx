import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { renderBytes } from '../ui/numbers.ts';
import { ErrorNotice } from '../ui/states.tsx';
import classes from './artifact-view.module.css';
import { readRange } from './bytes.ts';
import type { CodeLine } from './code-lines.ts';
import type { ViewerProps } from './file-view.tsx';
import { BYTES_A_ROW, hexRow } from './hex-rows.ts';
import './highlight.css';
import { LineList } from './line-list.tsx';
import { Waiting } from './waiting.tsx';

const SHOWN_BYTES = 64 * 1024;

interface HexViewerProps extends ViewerProps {
  readonly words: string;
}

/** The first bytes of a file that has no better form. */
export function HexViewer({ file, words }: HexViewerProps) {
  const bytes = useQuery({
    queryKey: ['artifact-bytes', file.url, file.sizeBytes, SHOWN_BYTES],
    queryFn: ({ signal }) => readRange(file, { start: 0, end: SHOWN_BYTES }, signal),
  });
  const lines = useMemo(() => linesOfHex(bytes.data ?? new Uint8Array(0)), [bytes.data]);
  if (bytes.isError) {
    return (
      <div className={classes.padded}>
        <ErrorNotice
          error={bytes.error}
          what="The file could not be read"
          onRetry={() => void bytes.refetch()}
        />
      </div>
    );
  }
  if (bytes.data === undefined) return <Waiting />;
  const isCut = file.sizeBytes > SHOWN_BYTES;
  return (
    <>
      <p className={classes.words}>
        {words}
        {file.sizeBytes === 0 && ' The file is empty.'}
        {isCut && ` The first ${renderBytes(SHOWN_BYTES)} of ${renderBytes(file.sizeBytes)} are shown.`}
      </p>
      <LineList lines={lines} firstNumber={undefined} isWrapped={false} label="Bytes" />
    </>
  );
}

function linesOfHex(bytes: Uint8Array): readonly CodeLine[] {
  return Array.from({ length: Math.ceil(bytes.length / BYTES_A_ROW) }, (_, row) => {
    const { offset, hex, letters } = hexRow(bytes, row);
    return [
      { text: `${offset}  `, kind: 'hljs-comment' },
      { text: `${hex}  ` },
      { text: letters, kind: 'hljs-string' },
    ];
  });
}

export function PickleViewer(props: ViewerProps) {
  return (
    <HexViewer
      {...props}
      words="A pickle holds Python objects: to read it is to run what stands in it, so it is not opened here. Load it only if you know who made it."
    />
  );
}
