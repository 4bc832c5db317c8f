import type { ViewerProps } from './file-view.tsx';
import { nameOf } from './kinds.ts';
import { Picture } from './picture.tsx';

export function ImageViewer({ file }: ViewerProps) {
  return <Picture url={file.url} label={nameOf(file.path)} />;
}
