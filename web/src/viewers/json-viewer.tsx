import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useVirtualizer } from '@tanstack/react-virtual';
import { ChevronDown, ChevronRight } from 'lucide-react';
import { type KeyboardEvent, lazy, Suspense, useMemo, useRef, useState } from 'react';
import { renderBytes } from '../ui/numbers.ts';
import { SegmentedControl } from '../ui/segmented-control.tsx';
import { CopyButton } from '../ui/texts.tsx';
import classes from './artifact-view.module.css';
import { readText, type ShownFile } from './bytes.ts';
import type { ViewerProps } from './file-view.tsx';
import './highlight.css';
import { type JsonRow, jsonRows, previewOf } from './json-rows.ts';
import jsonClasses from './json-viewer.module.css';
import { ExactNumber, isBranch, parseLenientJson, renderPretty } from './lenient-json.ts';
import { LineList } from './line-list.tsx';
import { readLoggedTable } from './logged-table.ts';
import { TextViewer } from './text-viewer.tsx';
import { Waiting } from './waiting.tsx';

const LoggedTable = lazy(async () => ({
  default: (await import('./logged-table-view.tsx')).LoggedTableView,
}));

/** Beyond it the document is shown as text, a page at a time. */
const MOST_PARSED = 16 * 1024 * 1024;
const MOST_COLOURED = 256 * 1024;

type Way = 'table' | 'tree' | 'text';
const LABELS: Readonly<Record<Way, string>> = { table: 'Table', tree: 'Tree', text: 'Text' };

/** A document as a tree, as text, or, where `mlflow.log_table` wrote it, as a table. */
export function JsonViewer({ file, owner }: ViewerProps) {
  if (file.sizeBytes > MOST_PARSED) {
    return (
      <>
        <p className={classes.words}>
          This document has {renderBytes(file.sizeBytes)}: up to {renderBytes(MOST_PARSED)} are shown as a
          tree, larger ones as text.
        </p>
        <TextViewer file={file} owner={owner} />
      </>
    );
  }
  return <ParsedJson file={file} owner={owner} />;
}

function ParsedJson({ file, owner }: ViewerProps) {
  const [chosen, setChosen] = useState<Way | undefined>();
  const parsed = useQuery({
    queryKey: ['artifact-json', file.url, file.sizeBytes],
    queryFn: ({ signal }) => readDocument(file, signal),
  });
  const table = useMemo(() => parsed.data?.ok && readLoggedTable(parsed.data.document), [parsed.data]);
  if (parsed.isError) throw parsed.error;
  if (parsed.data === undefined) return <Waiting />;
  if (!parsed.data.ok) {
    return (
      <>
        <p className={classes.words}>This is no JSON ({parsed.data.why}), so it is shown as text.</p>
        <TextViewer file={file} owner={owner} />
      </>
    );
  }
  const ways: readonly Way[] = table ? ['table', 'tree', 'text'] : ['tree', 'text'];
  const way = chosen ?? ways[0]!;
  const tools = (
    <SegmentedControl
      size="xs"
      aria-label="How to show the document"
      data={ways.map((value) => ({ value, label: LABELS[value] }))}
      value={way}
      onChange={(value) => setChosen(value as Way)}
    />
  );
  if (way === 'table' && table) {
    return (
      <Suspense fallback={<Waiting />}>
        <LoggedTable table={table} owner={owner} tools={tools} />
      </Suspense>
    );
  }
  if (way === 'tree') return <JsonTree document={parsed.data.document} tools={tools} />;
  return <JsonText document={parsed.data.document} tools={tools} />;
}

type Parsed =
  | { readonly ok: true; readonly document: unknown }
  | { readonly ok: false; readonly why: string };

async function readDocument(file: ShownFile, signal: AbortSignal): Promise<Parsed> {
  const text = await readText(file, signal);
  try {
    return { ok: true, document: parseLenientJson(text) };
  } catch (error) {
    return { ok: false, why: error instanceof Error ? error.message : String(error) };
  }
}

interface JsonPartProps {
  readonly document: unknown;
  readonly tools: React.ReactNode;
}

function JsonText({ document, tools }: JsonPartProps) {
  const text = useMemo(() => renderPretty(document), [document]);
  const coloured = useQuery({
    queryKey: ['json-coloured', text.length, text.slice(0, 200), text.slice(-200)],
    queryFn: async () => {
      const { highlight } = await import('./highlight.ts');
      return highlight(text, 'json');
    },
    enabled: text.length < MOST_COLOURED,
    staleTime: 0,
    gcTime: 0,
  });
  return (
    <>
      <div className={classes.toolbar}>
        {tools}
        <span className={classes.spread} />
        <CopyButton text={text} label="Copy the document" />
      </div>
      <LineList
        lines={coloured.data ?? text.split('\n')}
        firstNumber={1}
        isWrapped={false}
        label="Document"
      />
    </>
  );
}

const ROW_HEIGHT = 22;
/** So many levels are open at first, but for long lists. */
const OPEN_LEVELS = 3;
const MOST_OPEN_AT_FIRST = 50;

/** What is open that nobody has opened or closed by hand. */
type Depth = 'none' | 'some' | 'all';

function isOpenAt(depth: Depth, level: number, count: number): boolean {
  if (depth === 'all' || level === 0) return true;
  return depth === 'some' && level < OPEN_LEVELS && count <= MOST_OPEN_AT_FIRST;
}

function JsonTree({ document, tools }: JsonPartProps) {
  const [toggled, setToggled] = useState<ReadonlyMap<string, boolean>>(new Map());
  const [depth, setDepth] = useState<Depth>('some');
  const rows = useMemo(
    () =>
      jsonRows(
        document,
        ({ pointer, level, count }) => toggled.get(pointer) ?? isOpenAt(depth, level, count),
      ),
    [document, toggled, depth],
  );
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 20,
  });
  const toggle = ({ pointer, isOpen }: JsonRow) => setToggled(new Map(toggled).set(pointer, !isOpen));
  const setAll = (next: Depth) => {
    setToggled(new Map());
    setDepth(next);
  };
  const focusRow = (index: number) => {
    const bounded = Math.max(0, Math.min(rows.length - 1, index));
    const focus = () => {
      const element = scroller.current?.querySelector<HTMLElement>(`[data-index="${bounded}"]`);
      element?.focus({ preventScroll: true });
      return element != null;
    };
    virtual.scrollToIndex(bounded, { align: 'auto' });
    if (!focus()) requestAnimationFrame(focus);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const index = Number((event.target as HTMLElement).dataset.index ?? -1);
    const row = rows[index];
    if (row === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'ArrowDown') focusRow(index + 1);
    else if (event.key === 'ArrowUp') focusRow(index - 1);
    else if (event.key === 'ArrowRight' && row.isOpen === false) toggle(row);
    else if (event.key === 'ArrowLeft' && row.isOpen) toggle(row);
    else if ((event.key === 'Enter' || event.key === ' ') && row.isOpen !== undefined) toggle(row);
    else return;
    event.preventDefault();
  };
  return (
    <>
      <div className={classes.toolbar}>
        {tools}
        <span className={classes.spread} />
        <Button size="compact-xs" variant="subtle" color="gray" onClick={() => setAll('all')}>
          Open all
        </Button>
        <Button size="compact-xs" variant="subtle" color="gray" onClick={() => setAll('none')}>
          Close all
        </Button>
        <CopyButton text={renderPretty(document)} label="Copy the document" />
      </div>
      <div ref={scroller} className={jsonClasses.scroller}>
        <div
          role="tree"
          aria-label="Document"
          className={jsonClasses.tree}
          style={{ height: virtual.getTotalSize() }}
        >
          {virtual.getVirtualItems().map(({ index, start }) => {
            const row = rows[index]!;
            return (
              <div
                key={row.pointer}
                role="treeitem"
                aria-level={row.level + 1}
                aria-expanded={row.isOpen}
                aria-selected={false}
                data-index={index}
                className={jsonClasses.row}
                style={{ transform: `translateY(${start}px)`, paddingLeft: 12 + row.level * 16 }}
                tabIndex={index === 0 ? 0 : -1}
                onClick={() => row.isOpen !== undefined && toggle(row)}
                onKeyDown={onKeyDown}
              >
                <JsonRowContent row={row} />
              </div>
            );
          })}
        </div>
      </div>
    </>
  );
}

function JsonRowContent({ row: { name, value, isOpen, count } }: { readonly row: JsonRow }) {
  const Chevron = isOpen ? ChevronDown : ChevronRight;
  const text = isOpen ? countText(value, count) : previewOf(value);
  return (
    <>
      <span className={jsonClasses.chevron}>{isOpen !== undefined && <Chevron size={13} aria-hidden />}</span>
      {name !== undefined && (
        <span className={jsonClasses.name} dir="auto">
          {name}
          <span className={jsonClasses.colon}>: </span>
        </span>
      )}
      <span className={isOpen ? jsonClasses.count : kindOfValue(value)} dir="auto">
        {text.length > 2000
          ? `${text.slice(0, 2000)}… (${text.length.toLocaleString('en-US')} characters)`
          : text}
      </span>
    </>
  );
}

const countText = (value: unknown, count: number): string =>
  Array.isArray(value) ? `[ ${count} ]` : `{ ${count} }`;

function kindOfValue(value: unknown): string | undefined {
  if (typeof value === 'string') return 'hljs-string';
  if (typeof value === 'number' || value instanceof ExactNumber) return 'hljs-number';
  if (isBranch(value)) return jsonClasses.count;
  return 'hljs-keyword';
}
