import {
  File,
  FileBox,
  FileChartColumn,
  FileCode,
  FileImage,
  FileMusic,
  FileText,
  FileVideo,
  Folder,
  type LucideIcon,
  Table2,
} from 'lucide-react';
import classes from './artifact-tree.module.css';
import { type FileKind, kindOf } from './kinds.ts';

const ICONS: Readonly<Record<FileKind, LucideIcon>> = {
  image: FileImage,
  svg: FileImage,
  video: FileVideo,
  audio: FileMusic,
  text: FileCode,
  json: FileCode,
  delimited: Table2,
  parquet: Table2,
  html: FileChartColumn,
  pdf: FileText,
  markdown: FileText,
  notebook: FileText,
  mlmodel: FileBox,
  pickle: FileBox,
  unknown: File,
};

export function FileIcon({ path, isFolder }: { readonly path: string; readonly isFolder: boolean }) {
  const Icon = isFolder ? Folder : ICONS[kindOf(path)];
  return <Icon size={15} aria-hidden className={classes.icon} />;
}
