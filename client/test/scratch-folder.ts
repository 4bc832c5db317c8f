import { mkdirSync, mkdtempSync } from 'node:fs';
import path from 'node:path';

/** A new folder inside the checkout, where modules and types are found, that no tool looks into. Remove it afterwards. */
export function scratchFolder(name: string): string {
  const results = path.resolve(import.meta.dirname, '../../test-results');
  mkdirSync(results, { recursive: true });
  return mkdtempSync(path.join(results, `client-${name}-`));
}
