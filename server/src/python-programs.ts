import { fileURLToPath } from 'node:url';

/** What runs in the interpreters of models, and the pinned uv: beside the sources, or beside the bundle. */
export const PROGRAMS_FOLDER = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../../python' : './python', import.meta.url),
);
