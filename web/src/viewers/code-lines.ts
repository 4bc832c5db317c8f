/** A piece of a line; `kind` is highlight.js's class of it, as `hljs-keyword`. */
export interface CodePiece {
  readonly text: string;
  readonly kind?: string | undefined;
}

export type CodeLine = readonly CodePiece[];

const TOKEN = /<span class="([^"]*)">|<\/span>|([^<]+)/g;
const ENTITIES: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#x27;': "'",
};

/**
 * highlight.js writes markup of nothing but `span`s and five entities. It is read into pieces, so that a virtual list can
 * draw any line by itself and no markup is ever put into the page.
 */
export function linesOfMarkup(markup: string): readonly CodeLine[] {
  const lines: CodePiece[][] = [[]];
  const kinds: string[] = [];
  for (const [, opened, text] of markup.matchAll(TOKEN)) {
    if (opened !== undefined) kinds.push(opened);
    else if (text === undefined) kinds.pop();
    else {
      const kind = kinds.at(-1);
      for (const [i, part] of decodeEntities(text).split('\n').entries()) {
        if (i > 0) lines.push([]);
        if (part !== '') lines.at(-1)!.push({ text: part, kind });
      }
    }
  }
  return lines;
}

const decodeEntities = (text: string): string =>
  text.replace(/&(?:amp|lt|gt|quot|#x27);/g, (entity) => ENTITIES[entity]!);
