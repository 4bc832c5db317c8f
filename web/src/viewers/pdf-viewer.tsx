import { ActionIcon } from '@mantine/core';
import { FileX, Minus, Plus } from 'lucide-react';
import { type PDFDocumentProxy, type PDFPageProxy, TextLayer } from 'pdfjs-dist';
import { useEffect, useRef, useState } from 'react';
import { scrollRegion } from '../ui/scroll-region.ts';
import { SegmentedControl } from '../ui/segmented-control.tsx';
import { EmptyState } from '../ui/states.tsx';
import classes from './artifact-view.module.css';
import type { ViewerProps } from './file-view.tsx';
import { openPdf } from './pdf-data.ts';
import pdfClasses from './pdf-viewer.module.css';
import { Waiting } from './waiting.tsx';

type State =
  | { readonly is: 'loading' }
  | { readonly is: 'failed'; readonly why: string }
  | { readonly is: 'open'; readonly document: PDFDocumentProxy; readonly first: PageSize };

interface PageSize {
  readonly width: number;
  readonly height: number;
}

const ZOOMS = [0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 3, 4];
const GAPS = 48;

/** Pages drawn as they come into view; scripts and forms of the document do nothing. */
export function PdfViewer({ file }: ViewerProps) {
  const [state, setState] = useState<State>({ is: 'loading' });
  useEffect(() => {
    const task = openPdf(file.url);
    let isGone = false;
    const open = async () => {
      try {
        const document = await task.promise;
        const { width, height } = (await document.getPage(1)).getViewport({ scale: 1 });
        if (!isGone) setState({ is: 'open', document, first: { width, height } });
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        if (!isGone) setState({ is: 'failed', why });
      }
    };
    void open();
    return () => {
      isGone = true;
      void task.destroy();
    };
  }, [file.url]);
  if (state.is === 'loading') return <Waiting />;
  if (state.is === 'failed') {
    return (
      <EmptyState icon={FileX} title="The document cannot be shown">
        <p>{state.why} Download it and open it in another program.</p>
      </EmptyState>
    );
  }
  return <PdfPages document={state.document} first={state.first} />;
}

interface PdfPagesProps {
  readonly document: PDFDocumentProxy;
  readonly first: PageSize;
}

function PdfPages({ document, first }: PdfPagesProps) {
  const scroller = useRef<HTMLElement>(null);
  const [room, setRoom] = useState(800);
  const [zoom, setZoom] = useState<number | 'width'>('width');
  const [page, setPage] = useState(1);
  useEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => setRoom(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const scale = zoom === 'width' ? Math.max(0.1, Math.min(2, (room - GAPS) / first.width)) : zoom;
  const step = (by: 1 | -1) => {
    const next =
      by > 0 ? ZOOMS.find((one) => one > scale + 0.01) : ZOOMS.findLast((one) => one < scale - 0.01);
    if (next !== undefined) setZoom(next);
  };
  const onScroll = () => {
    const element = scroller.current;
    if (element === null) return;
    const middle = element.scrollTop + element.clientHeight / 2;
    const pages = [...element.querySelectorAll<HTMLElement>('[data-page]')];
    const shown = pages.findLast((one) => one.offsetTop <= middle);
    if (shown !== undefined) setPage(Number(shown.dataset.page));
  };
  return (
    <>
      <div className={classes.toolbar}>
        <span className={pdfClasses.count}>
          Page {page} of {document.numPages}
        </span>
        <span className={classes.spread} />
        <ActionIcon variant="subtle" color="gray" size="sm" aria-label="Zoom out" onClick={() => step(-1)}>
          <Minus size={14} aria-hidden />
        </ActionIcon>
        <span className={pdfClasses.count}>{Math.round(scale * 100)} %</span>
        <ActionIcon variant="subtle" color="gray" size="sm" aria-label="Zoom in" onClick={() => step(1)}>
          <Plus size={14} aria-hidden />
        </ActionIcon>
        <SegmentedControl
          size="xs"
          aria-label="Size of the pages"
          data={[
            { value: 'width', label: 'Fit' },
            { value: '1', label: '1:1' },
          ]}
          value={String(zoom)}
          onChange={(value) => setZoom(value === 'width' ? 'width' : 1)}
        />
      </div>
      <section
        ref={scroller}
        className={pdfClasses.pages}
        aria-label="Pages"
        {...scrollRegion}
        onScroll={onScroll}
      >
        {Array.from({ length: document.numPages }, (_, i) => (
          <PdfPage
            key={document.fingerprints[0] + String(i + 1)}
            document={document}
            number={i + 1}
            scale={scale}
            first={first}
          />
        ))}
      </section>
    </>
  );
}

interface PdfPageProps extends PdfPagesProps {
  readonly number: number;
  readonly scale: number;
}

function PdfPage({ document, number, scale, first }: PdfPageProps) {
  const holder = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState(first);
  const [isNear, setNear] = useState(false);
  useEffect(() => {
    const element = holder.current;
    if (element === null) return;
    const observer = new IntersectionObserver(([entry]) => setNear(entry?.isIntersecting ?? false), {
      root: element.parentElement,
      rootMargin: '600px',
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    const element = holder.current;
    if (!isNear || element === null) return;
    return drawInto(element, { document, number, scale, onSize: setSize });
  }, [document, number, scale, isNear]);
  return (
    <div
      ref={holder}
      className={pdfClasses.page}
      data-page={number}
      style={
        { width: size.width * scale, height: size.height * scale, '--total-scale-factor': scale } as object
      }
    />
  );
}

interface Drawing {
  readonly document: PDFDocumentProxy;
  readonly number: number;
  readonly scale: number;
  readonly onSize: (size: PageSize) => void;
}

/** Draws a page and lays its text over it, to be marked and read aloud. @returns what ends it and clears the place */
function drawInto(element: HTMLElement, { document, number, scale, onSize }: Drawing): () => void {
  let end = () => {};
  let isGone = false;
  const draw = async () => {
    const page: PDFPageProxy = await document.getPage(number);
    if (isGone) return;
    const { width, height } = page.getViewport({ scale: 1 });
    onSize({ width, height });
    const viewport = page.getViewport({ scale: scale * window.devicePixelRatio });
    const canvas = window.document.createElement('canvas');
    canvas.width = Math.floor(viewport.width);
    canvas.height = Math.floor(viewport.height);
    const text = window.document.createElement('div');
    text.className = pdfClasses.text!;
    element.replaceChildren(canvas, text);
    const task = page.render({ canvas, viewport });
    const layer = new TextLayer({
      textContentSource: page.streamTextContent(),
      container: text,
      viewport: page.getViewport({ scale }),
    });
    end = () => {
      task.cancel();
      layer.cancel();
    };
    await Promise.all([task.promise, layer.render()]);
  };
  draw().catch(() => {
    // A page that was scrolled away is cancelled, which is how it ends.
    if (!isGone) element.textContent = 'This page could not be drawn.';
  });
  return () => {
    isGone = true;
    end();
    element.replaceChildren();
  };
}
