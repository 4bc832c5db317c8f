import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';
import { renderThemeVariables } from './src/ui/theme-variables.ts';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Where `npm run dev` finds the server that answers for the pages. */
const server = process.env.SLIPWAY_URL ?? 'http://127.0.0.1:5000';

/** Libraries that one viewer or chart needs come with it. */
const HEAVY =
  /[\\/]node_modules[\\/](echarts|zrender|uplot|hyparquet|hysnappy|pdfjs-dist|highlight\.js|micromark|papaparse|diff|yaml)/;

/** Opened by few visits: the palette, what reads the files of models, and the dialog that registers one. */
const COMES_LATER = /palette|registry[\\/](model-files|model-description|register-)/;

function isOfTheFrame(id: string): boolean {
  if (id.includes('node_modules')) return !HEAVY.test(id);
  return (
    /[\\/](web[\\/]src[\\/](main|app|router|ui[\\/].*|data[\\/].*|tables[\\/].*|registry[\\/].*)|client[\\/]src[\\/].*)\.tsx?$|[\\/]charts[\\/](run-colors|linked-runs|data[\\/](charts-ahead|run-values|use-run-values))\.ts/.test(
      id,
    ) && !COMES_LATER.test(id)
  );
}

/** Before the pages, at once, and waited for by nobody. */
const AHEAD = 'src/ahead.ts';

/** What `src/ahead.ts` needs, all in its own file; the pages take it from there. */
const IS_AHEAD =
  /rolldown[\\/]runtime\.js$|[\\/]web[\\/]src[\\/](ahead|data[\\/](run-list-message|sent-ahead|session-token|metric-keys)|pages[\\/]runs[\\/](open-ahead|run-query|runs-search|run-columns|column-codes|text-list|filter[\\/]filter-fields))\.ts$/;

/** Has the document load `src/ahead.ts` first, beside the pages. */
function loadAhead(): Plugin {
  return {
    name: 'slipway:ahead',
    transformIndexHtml: {
      order: 'post',
      handler(_, { bundle }) {
        const chunk = Object.values(bundle ?? {}).find((one) => one.type === 'chunk' && one.name === 'ahead');
        const src = bundle === undefined ? `/${AHEAD}` : `/${chunk!.fileName}`;
        return [{ tag: 'script', attrs: { type: 'module', async: true, src }, injectTo: 'head-prepend' }];
      },
    },
  };
}

/** The sheet `virtual:theme-variables.css`. */
function themeVariables(): Plugin {
  const name = 'virtual:theme-variables.css';
  return {
    name: 'slipway:theme-variables',
    resolveId: (id) => (id === name ? `\0${name}` : undefined),
    load: (id) => (id === `\0${name}` ? renderThemeVariables() : undefined),
  };
}

export default defineConfig({
  root: here('.'),
  plugins: [react(), loadAhead(), themeVariables()],
  resolve: {
    // From its sources: the pages are built without a build of the client before them.
    alias: { '@slipway/client': fileURLToPath(new URL('../client/src/index.ts', import.meta.url)) },
  },
  server: {
    port: 5173,
    proxy: Object.fromEntries(
      [
        '/api/',
        '/ajax-api/',
        '/serving-endpoints/',
        '/get-artifact',
        '/model-versions/get-artifact',
        '/version',
        '/health',
      ].map(
        // The server lets only its own pages change things: through here they are.
        (path) => [path, { target: server, changeOrigin: true, headers: { origin: server } }],
      ),
    ),
  },
  build: {
    target: 'es2023',
    // One sheet and few scripts: a first visit makes eight requests at most, the data included.
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 900,
    rolldownOptions: {
      input: { index: here('index.html'), ahead: here(AHEAD) },
      output: {
        // What every visit may need is one file; each page, chart and viewer comes when it is opened.
        codeSplitting: {
          groups: [
            { name: 'ahead', test: IS_AHEAD, priority: 2 },
            { name: 'frame', test: isOfTheFrame },
          ],
        },
      },
    },
  },
});
