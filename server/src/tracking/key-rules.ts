import { posix } from 'node:path';
import { invalidArgument } from '../kernel/errors.ts';

/** Characters, in Unicode code points, as the real server counts them. */
const MAX_KEY_LENGTH = 250;

const KEY_FORM = /^[/\p{L}\p{N}_.\- :]*$/u;

/**
 * Names of params, metrics and tags: letters, digits, `_ - . : /` and spaces, and never a text that means another name
 * when it is read as a relative path. Source: `validate_param_and_metric_name` and `path_not_unique` of MLflow 3.17.2.
 * @throws AppError InvalidArgument naming `path`, the field as the caller wrote it.
 */
export function checkKey(key: string, kind: 'Metric' | 'Parameter' | 'Tag', path: string): void {
  const noun = kind.toLowerCase();
  if (key === '') {
    throw invalidArgument(
      `Invalid value "" for parameter '${path}' supplied: ${kind} name cannot be empty. A key name must be provided.`,
      { field: path },
    );
  }
  if (codePoints(key) > MAX_KEY_LENGTH) {
    throw invalidArgument(
      `'${path}' exceeds the maximum length of ${MAX_KEY_LENGTH} characters: ${kind} name '${key.slice(0, 80)}…' had length ${codePoints(key)}.`,
      { field: path },
    );
  }
  if (!KEY_FORM.test(key)) {
    throw invalidArgument(
      `Invalid value ${JSON.stringify(key)} for parameter '${path}' supplied: Invalid ${noun} name. Names may only contain ` +
        'alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/).',
      { field: path },
    );
  }
  if (!isNormalPath(key)) {
    throw invalidArgument(
      `Invalid value ${JSON.stringify(key)} for parameter '${path}' supplied: Invalid ${noun} name. Names may be treated as ` +
        `files in certain cases, and must not resolve to other names when treated as such. This name would resolve to '${posix.normalize(key)}'.`,
      { field: path },
    );
  }
}

function isNormalPath(key: string): boolean {
  if (key.startsWith('/') || key.startsWith('..') || key.endsWith('/') || key === '.') return false;
  if (!key.includes('/')) return true;
  return key.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}

/** Length in Unicode code points; a plain length when no surrogate can be there. */
export function codePoints(text: string): number {
  let count = text.length;
  for (let i = 0; i < text.length - 1; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit >= 0xd800 && unit <= 0xdbff) {
      const next = text.charCodeAt(i + 1);
      if (next >= 0xdc00 && next <= 0xdfff) {
        count -= 1;
        i += 1;
      }
    }
  }
  return count;
}

/** The first `limit` code points. */
export function truncate(text: string, limit: number): string {
  if (text.length <= limit) return text;
  if (codePoints(text) <= limit) return text;
  return Array.from(text.slice(0, limit * 2))
    .slice(0, limit)
    .join('');
}

/** @throws AppError InvalidArgument when `text` has more than `limit` code points. */
export function checkLength(text: string, limit: number, path: string): void {
  if (text.length > limit && codePoints(text) > limit) {
    throw invalidArgument(
      `'${path}' exceeds the maximum length of ${limit} characters: got ${codePoints(text)} characters.`,
      { field: path },
    );
  }
}
