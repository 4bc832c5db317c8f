import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import { createElement, Fragment, type ReactNode, useMemo } from 'react';
import classes from './markdown.module.css';

interface MarkdownProps {
  readonly text: string;
  /** Where pictures with relative paths come from; without it they stand as their words. */
  readonly pictureUrl?: ((path: string) => string) | undefined;
}

/** The elements that Markdown makes, and nothing else: raw HTML stands as text, scripts have no way in. */
const ELEMENTS: ReadonlySet<string> = new Set(
  'a blockquote br code del em h1 h2 h3 h4 h5 h6 hr img input li ol p pre section strong sub sup table tbody td th thead tr ul'.split(
    ' ',
  ),
);

/** Markdown as people write notes in it (with tables and task lists). */
export function Markdown({ text, pictureUrl }: MarkdownProps) {
  const content = useMemo(() => {
    const html = micromark(text, {
      extensions: [gfm()],
      htmlExtensions: [gfmHtml()],
      allowDangerousHtml: false,
      allowDangerousProtocol: false,
    });
    // A parsed document of its own neither loads nor runs anything; only what is known is copied out of it.
    const parsed = new DOMParser().parseFromString(html, 'text/html');
    return childrenOf(parsed.body, { pictureUrl, levels: headingLevels(parsed.body) });
  }, [text, pictureUrl]);
  return (
    <div className={classes.markdown} dir="auto">
      {content}
    </div>
  );
}

interface Context extends Pick<MarkdownProps, 'pictureUrl'> {
  readonly levels: ReadonlyMap<Element, number>;
}

/** The parts of a table hold nothing but each other: the line ends between them are no text. */
const HOLDS_NO_TEXT = /^(table|thead|tbody|tr)$/i;

function childrenOf(node: Node, context: Context): ReactNode {
  let place = 0;
  const children = [...node.childNodes];
  const kept = HOLDS_NO_TEXT.test(node.nodeName)
    ? children.filter((child) => child.nodeType !== Node.TEXT_NODE)
    : children;
  return kept.map((child) => {
    place += 1;
    return <Fragment key={place}>{copyOf(child, context)}</Fragment>;
  });
}

function copyOf(node: Node, context: Context): ReactNode {
  if (node.nodeType === Node.TEXT_NODE) return node.textContent;
  if (!(node instanceof Element)) return null;
  const name = node.localName;
  if (!ELEMENTS.has(name)) return childrenOf(node, context);
  switch (name) {
    case 'img':
      return pictureOf(node, context);
    case 'a':
      return linkOf(node, context);
    case 'input':
      return (
        <input
          type="checkbox"
          checked={node.hasAttribute('checked')}
          readOnly
          disabled
          aria-label={node.hasAttribute('checked') ? 'Done' : 'To do'}
        />
      );
    case 'br':
    case 'hr':
      return createElement(name);
    case 'td':
    case 'th': {
      const align = node.getAttribute('align');
      return createElement(name, align ? { style: { textAlign: align } } : null, childrenOf(node, context));
    }
    case 'ol':
      return <ol start={Number(node.getAttribute('start') ?? 1)}>{childrenOf(node, context)}</ol>;
    case 'h1':
    case 'h2':
    case 'h3':
    case 'h4':
    case 'h5':
    case 'h6':
      return headingOf(node, context);
    default:
      return createElement(name, null, childrenOf(node, context));
  }
}

/** The page's own headings above: those of the text begin below them. */
const LEVELS_ABOVE = 2;

/** The level at which each heading stands in the page: never two deeper than the one above, whatever the text says. */
function headingLevels(root: Element): ReadonlyMap<Element, number> {
  const open: number[] = [];
  return new Map(
    [...root.querySelectorAll('h1, h2, h3, h4, h5, h6')].map((heading) => {
      const level = Number(heading.localName[1]);
      while ((open.at(-1) ?? 0) >= level) open.pop();
      open.push(level);
      return [heading, Math.min(6, open.length + LEVELS_ABOVE)];
    }),
  );
}

function headingOf(node: Element, context: Context): ReactNode {
  return createElement(
    `h${context.levels.get(node) ?? LEVELS_ABOVE + 1}`,
    { className: classes[`level${node.localName[1]}`] },
    childrenOf(node, context),
  );
}

function linkOf(node: Element, context: Context): ReactNode {
  const href = node.getAttribute('href') ?? '';
  if (!/^(https?:|mailto:)/i.test(href)) return <span>{childrenOf(node, context)}</span>;
  return (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow">
      {childrenOf(node, context)}
    </a>
  );
}

/** Pictures come from beside the text; one from elsewhere would tell that server who reads, so it becomes a link. */
function pictureOf(node: Element, { pictureUrl }: Context): ReactNode {
  const source = node.getAttribute('src') ?? '';
  const label = node.getAttribute('alt') ?? '';
  const isElsewhere = /^[a-z][a-z0-9+.-]*:|^\/\//i.test(source);
  if (!isElsewhere && pictureUrl !== undefined && source !== '') {
    return <img src={pictureUrl(decoded(source))} alt={label} loading="lazy" />;
  }
  if (/^https?:/i.test(source)) {
    return (
      <a href={source} target="_blank" rel="noopener noreferrer nofollow">
        {label || 'Picture'}
      </a>
    );
  }
  return label;
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
