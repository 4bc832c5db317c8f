import './ui/mantine.css';
import './ui/tokens.css';
import './ui/base.css';
import 'virtual:theme-variables.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { queryClient } from './data/query-client.ts';
import { openingQuery } from './data/run-opening.ts';
import { openingOf } from './pages/runs/open-ahead.ts';
import { redirectPrintedLink } from './printed-links.ts';
import { router } from './router.tsx';

/** What is there by then is drawn at once and whole; after it the frame comes first, and the page into it. */
const PATIENCE_MS = 150;

redirectPrintedLink();
const opening = openingOf(router.parseLocation(router.history.location));
const isThere = Promise.all([
  router.load(),
  opening && queryClient.prefetchQuery(openingQuery(opening.query, opening.columns)),
]);
const isEnough = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
// What cannot be loaded is told by the page that needs it.
void Promise.race([isThere, isEnough])
  .catch(() => undefined)
  .then(draw);

function draw(): void {
  createRoot(document.getElementById('root')!).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
