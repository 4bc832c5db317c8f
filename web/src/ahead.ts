// Loaded before the pages, and small: what a first page shows is on its way while the code that shows it is read.
import { OPENING_PATH, openingMessage } from './data/run-list-message.ts';
import { sendAhead } from './data/sent-ahead.ts';
import { isAskedAtTheDoor } from './data/session-token.ts';
import { openingOf } from './pages/runs/open-ahead.ts';

const { pathname, search } = window.location;
const opening = openingOf({ pathname, search: Object.fromEntries(readSearch(search)) });
if (opening !== undefined) {
  if (!isAskedAtTheDoor()) sendAhead(OPENING_PATH, openingMessage(opening.query, opening.columns));
  // Where it fails, the router asks again and says so.
  import('./pages/runs/runs-page.tsx').catch(() => undefined);
}

/** As the router writes it: a text that could be taken for a value of another kind stands in quotes. */
function* readSearch(search: string): Iterable<readonly [string, unknown]> {
  for (const [name, text] of new URLSearchParams(search)) {
    if (!/^["{[]/.test(text)) yield [name, text];
    else
      try {
        yield [name, JSON.parse(text)];
      } catch {
        yield [name, text];
      }
  }
}
