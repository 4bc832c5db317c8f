import { useQuery } from '@tanstack/react-query';
import { looksLikeText, readRange } from './bytes.ts';
import type { ViewerProps } from './file-view.tsx';
import { HexViewer } from './hex-viewer.tsx';
import { TextViewer } from './text-viewer.tsx';
import { Waiting } from './waiting.tsx';

const LOOKED_AT_BYTES = 8192;

/** A file whose name says nothing: its first bytes tell whether it is text. */
export function UnknownViewer(props: ViewerProps) {
  const { file } = props;
  const isText = useQuery({
    queryKey: ['artifact-is-text', file.url, file.sizeBytes],
    queryFn: async ({ signal }) =>
      looksLikeText(await readRange(file, { start: 0, end: LOOKED_AT_BYTES }, signal)),
  });
  if (isText.data === undefined && !isText.isError) return <Waiting />;
  if (isText.data) return <TextViewer {...props} />;
  return <HexViewer {...props} words="There is no view for this kind of file." />;
}
