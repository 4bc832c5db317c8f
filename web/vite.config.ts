import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

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
    /[\\/](web[\\/]src[\\/](ui|data|tables|registry)|client[\\/]src)[\\/]|[\\/]charts[\\/](run-colors|linked-runs)\.ts/.test(
      id,
    ) && !COMES_LATER.test(id)
  );
}

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [react()],
  resolve: {
    // From its sources: the pages are built without a build of the client before them.
    alias: { '@slipway/client': fileURLToPath(new URL('../client/src/index.ts', import.meta.url)) },
  },
  server: {
    port: 5173,
    proxy: Object.fromEntries(
      ['/api/', '/ajax-api/', '/get-artifact', '/model-versions/get-artifact', '/version', '/health'].map(
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
      output: {
        // What two pages share and every visit may need is one file; each page, chart and viewer comes when it is opened.
        codeSplitting: {
          groups: [{ name: 'frame', test: isOfTheFrame, minShareCount: 2 }],
        },
      },
    },
  },
});
