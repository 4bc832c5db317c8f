import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { renderBytes } from '../ui/numbers.ts';
import { SegmentedControl } from '../ui/segmented-control.tsx';
import classes from './artifact-view.module.css';
import { readText } from './bytes.ts';
import type { CodeLine } from './code-lines.ts';
import type { ViewerProps } from './file-view.tsx';
import './highlight.css';
import { scrollRegion } from '../ui/scroll-region.ts';
import { parseLenientJson } from './lenient-json.ts';
import { Line } from './line-list.tsx';
import { Markdown } from './markdown.tsx';
import { type CellOutput, type NotebookCell, readNotebook } from './notebook.ts';
import notebookClasses from './notebook-viewer.module.css';
import { numbered } from './numbered.ts';
import { TextViewer } from './text-viewer.tsx';
import { Waiting } from './waiting.tsx';

const MOST_SHOWN = 24 * 1024 * 1024;
const MOST_CELLS = 500;
const WAYS = [
  { value: 'page', label: 'Notebook' },
  { value: 'source', label: 'Source' },
];

interface ColouredCell extends NotebookCell {
  readonly lines: readonly CodeLine[];
}

/** A notebook with its outputs; none of its scripts run. */
export function NotebookViewer({ file, owner }: ViewerProps) {
  const isLarge = file.sizeBytes > MOST_SHOWN;
  const [way, setWay] = useState('page');
  const notebook = useQuery({
    queryKey: ['artifact-notebook', file.url, file.sizeBytes],
    queryFn: async ({ signal }) => load(await readText(file, signal)),
    enabled: !isLarge,
    gcTime: 60_000,
  });
  if (isLarge || typeof notebook.data === 'string') {
    const why = isLarge
      ? `Notebooks up to ${renderBytes(MOST_SHOWN)} are shown as such; this one is shown as text.`
      : `This is no notebook (${notebook.data}), so it is shown as text.`;
    return (
      <>
        <p className={classes.words}>{why}</p>
        <TextViewer file={file} owner={owner} />
      </>
    );
  }
  const tools = (
    <SegmentedControl
      size="xs"
      aria-label="How to show the notebook"
      data={WAYS}
      value={way}
      onChange={setWay}
    />
  );
  if (way === 'source') return <TextViewer file={file} owner={owner} tools={tools} />;
  if (notebook.isError) throw notebook.error;
  if (notebook.data === undefined) return <Waiting />;
  const cells = notebook.data;
  return (
    <>
      <div className={classes.toolbar}>
        {tools}
        <span className={classes.spread} />
        <span>{cells.length} cells</span>
      </div>
      <section className={classes.scroll} aria-label="Notebook" {...scrollRegion}>
        <div className={notebookClasses.cells}>
          {numbered(cells.slice(0, MOST_CELLS)).map(({ key, item }) => (
            <Cell key={key} cell={item} />
          ))}
          {cells.length > MOST_CELLS && (
            <p className="dim">The first {MOST_CELLS} cells are shown. Download the notebook for the rest.</p>
          )}
        </div>
      </section>
    </>
  );
}

/** @returns what is wrong, where it is no notebook. */
async function load(text: string): Promise<readonly ColouredCell[] | string> {
  try {
    const { cells, language } = readNotebook(parseLenientJson(text));
    const { highlight } = await import('./highlight.ts');
    return cells.map((cell) => ({
      ...cell,
      lines: cell.kind === 'code' ? highlight(cell.source, language) : [],
    }));
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function Cell({ cell }: { readonly cell: ColouredCell }) {
  if (cell.kind === 'markdown') {
    return (
      <div className={notebookClasses.text}>
        <Markdown text={cell.source} />
      </div>
    );
  }
  return (
    <div className={notebookClasses.cell}>
      <div className={notebookClasses.row}>
        <span className={notebookClasses.prompt}>{cell.count === undefined ? '' : `[${cell.count}]`}</span>
        <pre className={notebookClasses.source}>
          {cell.kind === 'raw'
            ? cell.source
            : numbered(cell.lines).map(({ key, item }) => <CodeRow key={key} line={item} />)}
        </pre>
      </div>
      {numbered(cell.outputs).map(({ key, item: output }) => (
        <div key={key} className={notebookClasses.row}>
          <span className={notebookClasses.prompt} />
          <Output output={output} />
        </div>
      ))}
    </div>
  );
}

function CodeRow({ line }: { readonly line: CodeLine }) {
  return (
    <span className={notebookClasses.line}>
      <Line line={line} />
      {'\n'}
    </span>
  );
}

const MOST_LETTERS = 100_000;

function Output({ output }: { readonly output: CellOutput }) {
  switch (output.is) {
    case 'picture':
      return <img className={notebookClasses.picture} src={output.url} alt="Output of the cell" />;
    case 'text': {
      const { text } = output;
      return (
        <pre className={notebookClasses.output} data-error={output.isError || undefined}>
          {text.length > MOST_LETTERS ? `${text.slice(0, MOST_LETTERS)}…` : text}
        </pre>
      );
    }
    case 'page':
      return <PageOutput html={output.html} text={output.text} />;
  }
}

const ROW_HEIGHT = 25;

/** The frame cannot tell how high its content is: a table's rows are counted, all else gets room to scroll. */
function frameHeight(html: string): number {
  const rows = html.match(/<tr[\s>]/gi)?.length ?? 0;
  return rows === 0 ? 260 : Math.min(480, rows * ROW_HEIGHT + 48);
}

/** Markup of an output: as text until somebody asks for it, then in a frame in which nothing runs. */
function PageOutput({ html, text }: { readonly html: string; readonly text: string | undefined }) {
  const [isFramed, setFramed] = useState(text === undefined);
  return (
    <div className={notebookClasses.page}>
      {isFramed ? (
        <iframe
          className={notebookClasses.frame}
          title="Output of the cell"
          sandbox=""
          style={{ height: frameHeight(html) }}
          srcDoc={`<!doctype html><meta charset="utf-8"><style>body{font:13px system-ui;margin:8px}table{border-collapse:collapse}td,th{padding:2px 8px;border:1px solid #ddd;text-align:right}</style>${html}`}
        />
      ) : (
        <pre className={notebookClasses.output}>{text}</pre>
      )}
      {text !== undefined && (
        <Button size="compact-xs" variant="subtle" color="gray" onClick={() => setFramed(!isFramed)}>
          {isFramed ? 'Show as text' : 'Show as a page'}
        </Button>
      )}
    </div>
  );
}
