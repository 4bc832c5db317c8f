import { ActionIcon, Switch, TextInput } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { ChevronFirst, ChevronLast, ChevronLeft, ChevronRight, Search, WrapText } from 'lucide-react';
import { type ReactNode, useRef, useState } from 'react';
import { notify, notifyFailure } from '../ui/notices.tsx';
import { renderBytes } from '../ui/numbers.ts';
import { useShortcut } from '../ui/shortcuts.ts';
import { ErrorNotice } from '../ui/states.tsx';
import { Tooltip } from '../ui/tooltip.tsx';
import classes from './artifact-view.module.css';
import type { ShownFile } from './bytes.ts';
import type { ViewerProps } from './file-view.tsx';
import './highlight.css';
import { languageOf } from './kinds.ts';
import { LineList } from './line-list.tsx';
import { findLineStart, PAGE_BYTES, readPage, type TextPage } from './text-pages.ts';
import { Waiting } from './waiting.tsx';

/** Colouring takes about a second for a megabyte. */
const MOST_COLOURED = 256 * 1024;

interface Place {
  readonly start: number;
  /** Of the first line; undefined after a jump, until somebody has counted. */
  readonly firstNumber: number | undefined;
}

const BEGINNING: Place = { start: 0, firstNumber: 1 };

/** Text with line numbers. Large files are read a page at a time; the search reads on to their ends. */
export function TextViewer({ file, tools }: ViewerProps & { readonly tools?: ReactNode }) {
  const [place, setPlace] = useState(BEGINNING);
  const [isWrapped, setWrapped] = useState(false);
  const [marked, setMarked] = useState<number | undefined>();
  const page = useQuery({
    queryKey: ['artifact-text', file.url, file.sizeBytes, place.start],
    queryFn: ({ signal }) => loadPage(file, place.start, signal),
    placeholderData: keepPreviousData,
    gcTime: 60_000,
  });
  const go = (next: Place) => {
    setMarked(undefined);
    setPlace(next);
  };
  if (page.isError) {
    return (
      <div className={classes.padded}>
        <ErrorNotice
          error={page.error}
          what="The text could not be read"
          onRetry={() => void page.refetch()}
        />
      </div>
    );
  }
  if (page.data === undefined) return <Waiting />;
  if (file.sizeBytes === 0) return <p className={classes.words}>The file is empty.</p>;
  return (
    <>
      <div className={classes.toolbar}>
        {tools}
        <FindBox
          file={file}
          page={page.data}
          place={place}
          marked={marked}
          onFound={(found, line) => {
            setPlace(found);
            setMarked(line);
          }}
        />
        <span className={classes.spread} />
        <PageSteps file={file} page={page.data} place={place} onGo={go} />
        <Switch
          size="xs"
          label="Wrap lines"
          thumbIcon={<WrapText size={8} aria-hidden />}
          checked={isWrapped}
          onChange={(event) => setWrapped(event.currentTarget.checked)}
        />
      </div>
      <LineList
        // Each page begins at its first line.
        key={page.data.start}
        lines={page.data.coloured ?? page.data.lines}
        firstNumber={place.start === page.data.start ? place.firstNumber : undefined}
        isWrapped={isWrapped}
        label="Text"
        marked={marked}
      />
    </>
  );
}

async function loadPage(file: ShownFile, start: number, signal: AbortSignal) {
  const page = await readPage(file, start, signal);
  const language = languageOf(file.path);
  // A page from the middle may begin within a string: only whole files are coloured.
  if (language === undefined || file.sizeBytes > MOST_COLOURED) return { ...page, coloured: undefined };
  const { highlight } = await import('./highlight.ts');
  return { ...page, coloured: highlight(page.lines.join('\n'), language) };
}

interface PageStepsProps {
  readonly file: ShownFile;
  readonly page: TextPage;
  readonly place: Place;
  readonly onGo: (place: Place) => void;
}

function PageSteps({ file, page, place, onGo }: PageStepsProps) {
  if (file.sizeBytes <= PAGE_BYTES) {
    const count = page.lines.length;
    return <span>{count === 1 ? '1 line' : `${count.toLocaleString('en-US')} lines`}</span>;
  }
  const jump = async (to: number) => {
    try {
      onGo({ start: await findLineStart(file, to), firstNumber: undefined });
    } catch (error) {
      notifyFailure(error);
    }
  };
  const next: Place = {
    start: page.end,
    firstNumber: place.firstNumber === undefined ? undefined : place.firstNumber + page.lines.length,
  };
  const steps = [
    {
      label: 'Beginning of the file',
      icon: ChevronFirst,
      isOff: page.start === 0,
      go: () => onGo(BEGINNING),
    },
    {
      label: 'Page before',
      icon: ChevronLeft,
      isOff: page.start === 0,
      go: () => (page.start <= PAGE_BYTES ? onGo(BEGINNING) : void jump(page.start - PAGE_BYTES)),
    },
    { label: 'Next page', icon: ChevronRight, isOff: page.end >= file.sizeBytes, go: () => onGo(next) },
    {
      label: 'End of the file',
      icon: ChevronLast,
      isOff: page.end >= file.sizeBytes,
      go: () => void jump(file.sizeBytes - PAGE_BYTES),
    },
  ];
  return (
    <>
      <span>
        {renderBytes(page.start)} – {renderBytes(page.end)} of {renderBytes(file.sizeBytes)}
      </span>
      {steps.map(({ label, icon: Icon, isOff, go }) => (
        <Tooltip key={label} label={label}>
          <ActionIcon
            size="sm"
            variant="subtle"
            color="gray"
            aria-label={label}
            disabled={isOff}
            onClick={go}
          >
            <Icon size={15} aria-hidden />
          </ActionIcon>
        </Tooltip>
      ))}
    </>
  );
}

interface FindBoxProps {
  readonly file: ShownFile;
  readonly page: TextPage;
  readonly place: Place;
  readonly marked: number | undefined;
  readonly onFound: (place: Place, line: number) => void;
}

/** Enter goes to the next line that holds the words, through the whole file. */
function FindBox({ file, page, place, marked, onFound }: FindBoxProps) {
  const box = useRef<HTMLInputElement>(null);
  const [words, setWords] = useState('');
  const [searched, setSearched] = useState<number | undefined>();
  const stop = useRef<AbortController>(undefined);
  useShortcut('f', 'Find in the text', () => box.current?.focus());
  const find = async () => {
    stop.current?.abort();
    stop.current = new AbortController();
    const { signal } = stop.current;
    try {
      const found = await findNext(
        { file, page, place, words, after: marked ?? -1 },
        { signal, onProgress: setSearched },
      );
      if (found === undefined) notify({ text: `“${words}” does not stand in the rest of the file.` });
      else onFound(found.place, found.line);
    } catch (error) {
      if (!signal.aborted) notifyFailure(error);
    } finally {
      setSearched(undefined);
    }
  };
  return (
    <TextInput
      ref={box}
      size="xs"
      w={220}
      aria-label="Find in the text"
      placeholder="Find, then Enter"
      leftSection={<Search size={13} aria-hidden />}
      rightSection={searched !== undefined && <span>{Math.floor((100 * searched) / file.sizeBytes)} %</span>}
      value={words}
      onChange={(event) => setWords(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && words !== '') void find();
        if (event.key === 'Escape') {
          stop.current?.abort();
          box.current?.blur();
        }
      }}
    />
  );
}

interface TextSearch {
  readonly file: ShownFile;
  readonly page: TextPage;
  readonly place: Place;
  readonly words: string;
  /** The line of the page behind which the search begins. */
  readonly after: number;
}

async function findNext(
  { file, page, place, words, after }: TextSearch,
  options: { readonly signal: AbortSignal; readonly onProgress: (bytes: number) => void },
): Promise<{ readonly place: Place; readonly line: number } | undefined> {
  const wanted = words.toLowerCase();
  let current = page;
  let from = place;
  let first = after + 1;
  for (;;) {
    const line = current.lines.findIndex((text, i) => i >= first && text.toLowerCase().includes(wanted));
    if (line >= 0) return { place: from, line };
    if (current.end >= file.sizeBytes) return undefined;
    const { firstNumber } = from;
    from = {
      start: current.end,
      firstNumber: firstNumber === undefined ? undefined : firstNumber + current.lines.length,
    };
    options.onProgress(from.start);
    current = await readPage(file, from.start, options.signal);
    first = 0;
  }
}
