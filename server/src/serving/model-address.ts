import { fileURLToPath } from 'node:url';
import { invalidArgument } from '../kernel/errors.ts';

/** Where a model is, as MLflow's URIs and paths say it. Read once; never put together again. */
export type ModelAddress =
  | { readonly kind: 'version'; readonly name: string; readonly version: string }
  | { readonly kind: 'stage'; readonly name: string; readonly stage: string }
  | { readonly kind: 'alias'; readonly name: string; readonly alias: string }
  | { readonly kind: 'latest'; readonly name: string }
  | { readonly kind: 'logged-model'; readonly id: string }
  /** A folder of a run's artifacts, or a model that was logged in it under this name. */
  | { readonly kind: 'run'; readonly runId: string; readonly path: string }
  /** What the artifact proxy of the server serves. */
  | { readonly kind: 'proxied'; readonly path: string }
  | { readonly kind: 'folder'; readonly path: string };

const FORMS =
  'expected models:/NAME/VERSION, models:/NAME/STAGE, models:/NAME@ALIAS, models:/m-ID, runs:/RUN_ID/PATH or a folder';

/** @throws AppError InvalidArgument for every other form */
export function parseModelAddress(text: string): ModelAddress {
  const refuse = () => invalidArgument(`Not the address of a model: '${text}'; ${FORMS}.`, { field: 'm' });
  if (text.trim() === '' || /\p{Cc}/u.test(text)) throw refuse();
  const [, scheme, rest] = /^([A-Za-z][A-Za-z0-9+.-]*):(.*)$/s.exec(text) ?? [];
  switch (scheme?.toLowerCase()) {
    case undefined:
      return { kind: 'folder', path: text };
    case 'models':
      return readModels(rest!) ?? fail(refuse());
    case 'runs': {
      const [, runId, path] = /^\/+([0-9A-Za-z_-]+)\/(.+?)\/*$/.exec(rest!) ?? [];
      if (runId === undefined || path === undefined || !isPlainPath(path)) throw refuse();
      return { kind: 'run', runId, path };
    }
    case 'mlflow-artifacts': {
      // Behind two slashes stands the address of a server; the one that is asked is the one that was told.
      const path = rest!.replace(/^\/\/[^/]*(?=\/)/, '').replace(/^\/+|\/+$/g, '');
      if (path === '' || !isPlainPath(path)) throw refuse();
      return { kind: 'proxied', path };
    }
    case 'file':
      try {
        return { kind: 'folder', path: fileURLToPath(text) };
      } catch {
        throw refuse();
      }
    default:
      throw refuse();
  }
}

function readModels(rest: string): ModelAddress | undefined {
  const [, path] = /^\/+([^/].*?)\/*$/s.exec(rest) ?? [];
  if (path === undefined) return undefined;
  const [name, suffix, ...more] = path.split('/') as [string, string?, ...string[]];
  if (more.length > 0 || name.trim() === '') return undefined;
  if (suffix === undefined) {
    const at = name.lastIndexOf('@');
    if (at > 0 && at < name.length - 1)
      return { kind: 'alias', name: name.slice(0, at), alias: name.slice(at + 1) };
    return /^m-[0-9A-Za-z]+$/.test(name) ? { kind: 'logged-model', id: name } : undefined;
  }
  if (suffix.trim() === '') return undefined;
  if (/^\d+$/.test(suffix)) return { kind: 'version', name, version: suffix };
  return suffix.toLowerCase() === 'latest'
    ? { kind: 'latest', name }
    : { kind: 'stage', name, stage: suffix };
}

function isPlainPath(path: string): boolean {
  return (
    path.split('/').every((part) => part !== '' && part !== '.' && part !== '..') && !path.includes('\\')
  );
}

function fail(error: Error): never {
  throw error;
}
