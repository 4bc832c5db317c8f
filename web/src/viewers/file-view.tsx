import { ActionIcon, Button, Menu } from '@mantine/core';
import { Code, Download, Link2 } from 'lucide-react';
import { Component, lazy, type ReactNode, Suspense } from 'react';
import { notify } from '../ui/notices.tsx';
import { renderBytes } from '../ui/numbers.ts';
import { ErrorNotice } from '../ui/states.tsx';
import { CopyButton, MiddleText } from '../ui/texts.tsx';
import { Tooltip } from '../ui/tooltip.tsx';
import { type ArtifactOwner, artifactUri, downloadUrl, viewUrl } from './artifact-owner.ts';
import classes from './artifact-view.module.css';
import type { ShownFile } from './bytes.ts';
import { type FileKind, kindOf, nameOf } from './kinds.ts';
import { pythonForFile, typescriptForFile } from './loading-code.ts';
import { Waiting } from './waiting.tsx';

export interface ViewerProps {
  readonly file: ShownFile;
  readonly owner: ArtifactOwner;
}

const VIEWERS: Readonly<Record<FileKind, React.ComponentType<ViewerProps>>> = {
  image: lazy(async () => ({ default: (await import('./image-viewer.tsx')).ImageViewer })),
  svg: lazy(async () => ({ default: (await import('./svg-viewer.tsx')).SvgViewer })),
  video: lazy(async () => ({ default: (await import('./media-viewer.tsx')).VideoViewer })),
  audio: lazy(async () => ({ default: (await import('./media-viewer.tsx')).AudioViewer })),
  text: lazy(async () => ({ default: (await import('./text-viewer.tsx')).TextViewer })),
  json: lazy(async () => ({ default: (await import('./json-viewer.tsx')).JsonViewer })),
  delimited: lazy(async () => ({ default: (await import('./delimited-viewer.tsx')).DelimitedViewer })),
  parquet: lazy(async () => ({ default: (await import('./parquet-viewer.tsx')).ParquetViewer })),
  html: lazy(async () => ({ default: (await import('./html-viewer.tsx')).HtmlViewer })),
  pdf: lazy(async () => ({ default: (await import('./pdf-viewer.tsx')).PdfViewer })),
  markdown: lazy(async () => ({ default: (await import('./markdown-viewer.tsx')).MarkdownViewer })),
  notebook: lazy(async () => ({ default: (await import('./notebook-viewer.tsx')).NotebookViewer })),
  mlmodel: lazy(async () => ({ default: (await import('./mlmodel-viewer.tsx')).MlmodelViewer })),
  pickle: lazy(async () => ({ default: (await import('./hex-viewer.tsx')).PickleViewer })),
  unknown: lazy(async () => ({ default: (await import('./unknown-viewer.tsx')).UnknownViewer })),
};

interface FileViewProps {
  readonly owner: ArtifactOwner;
  readonly path: string;
  readonly sizeBytes: number;
}

/** A file under its name, with what can be done with it. */
export function FileView({ owner, path, sizeBytes }: FileViewProps) {
  const Viewer = VIEWERS[kindOf(path)];
  const file: ShownFile = { url: viewUrl(owner, path), path, sizeBytes };
  const copyAddress = async () => {
    await navigator.clipboard.writeText(window.location.href);
    notify({ text: 'The link to this file is copied.' });
  };
  return (
    <>
      <header className={classes.head}>
        <h2 className={classes.title} title={path} dir="auto">
          {nameOf(path)}
        </h2>
        <span className={classes.facts}>
          {renderBytes(sizeBytes)} · <MiddleText text={artifactUri(owner, path)} most={48} />
        </span>
        <CopyButton text={artifactUri(owner, path)} label="Copy the URI" />
        <Tooltip label="Copy the link to this file">
          <ActionIcon
            size="sm"
            variant="subtle"
            color="gray"
            aria-label="Copy the link to this file"
            onClick={() => void copyAddress()}
          >
            <Link2 size={14} aria-hidden />
          </ActionIcon>
        </Tooltip>
        <LoadMenu owner={owner} path={path} />
        <Button
          component="a"
          className={classes.link}
          href={downloadUrl(owner, path)}
          download={nameOf(path)}
          size="compact-sm"
          variant="default"
          leftSection={<Download size={14} aria-hidden />}
        >
          Download
        </Button>
      </header>
      <div className={classes.body}>
        <ViewerBoundary>
          <Suspense fallback={<Waiting />}>
            <Viewer file={file} owner={owner} />
          </Suspense>
        </ViewerBoundary>
      </div>
    </>
  );
}

function LoadMenu({ owner, path }: { readonly owner: ArtifactOwner; readonly path: string }) {
  const copy = async (code: string, language: string) => {
    await navigator.clipboard.writeText(code);
    notify({ text: `The ${language} that reads this file is copied.` });
  };
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <Button size="compact-sm" variant="default" leftSection={<Code size={14} aria-hidden />}>
          Load
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => void copy(pythonForFile(owner, path), 'Python')}>Copy Python</Menu.Item>
        <Menu.Item onClick={() => void copy(typescriptForFile(owner, path), 'TypeScript')}>
          Copy TypeScript
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

/** A file that a viewer cannot read must not take the page with it. */
class ViewerBoundary extends Component<{ readonly children: ReactNode }, { readonly error: unknown }> {
  override state: { readonly error: unknown } = { error: undefined };

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  override render() {
    if (this.state.error === undefined) return this.props.children;
    return (
      <div className={classes.padded}>
        <ErrorNotice
          error={this.state.error}
          what="The file could not be shown"
          onRetry={() => this.setState({ error: undefined })}
        />
      </div>
    );
  }
}
