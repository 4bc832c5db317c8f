import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, it } from 'vitest';
import * as client from '../src/index.ts';

const MAX_GZIPPED_BYTES = 13 * 1024;

/** What a page would load. Fails by itself where something of Node's is imported: a browser has none of it. */
async function bundle(entry: { readonly contents: string }) {
  const { outputFiles, metafile } = await build({
    stdin: { ...entry, resolveDir: path.resolve(import.meta.dirname, '../src'), loader: 'ts' },
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    logLevel: 'silent',
  });
  return { text: outputFiles[0]!.text, inputs: Object.keys(metafile.inputs) };
}

it('fits into a page: no Node, no packages, and small', async () => {
  const { text, inputs } = await bundle({ contents: "export * from './index.ts';" });
  const outside = inputs.filter(
    (input) => input !== '<stdin>' && !/(^|\/)client\/src\/[\w-]+\.ts$/.test(input),
  );
  expect(outside).toEqual([]);
  expect(inputs.length).toBeGreaterThan(20);
  expect(text).not.toMatch(/\b(?:process|Buffer|require|__dirname)\b/);
  expect(gzipSync(text, { level: 9 }).length).toBeLessThan(MAX_GZIPPED_BYTES);
});

it('would not go into a page with an import of Node', async () => {
  await expect(bundle({ contents: "import 'node:fs'; export * from './index.ts';" })).rejects.toThrow(
    /node:fs/,
  );
});

it('exports what users construct, catch and iterate', () => {
  expect(Object.keys(client).sort()).toEqual(['ActiveRun', 'Paged', 'SlipwayClient', 'SlipwayError']);
});
