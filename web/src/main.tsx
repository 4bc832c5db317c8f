import './ui/mantine.css';
import './ui/tokens.css';
import './ui/base.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { openRunsAhead } from './pages/runs/open-ahead.ts';
import { redirectPrintedLink } from './printed-links.ts';
import { router } from './router.tsx';

redirectPrintedLink();
openRunsAhead(router.parseLocation(router.history.location));

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
