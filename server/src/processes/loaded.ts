import { AppError } from '../kernel/errors.ts';
import { type Frame, PROTOCOL_VERSION, readJson } from './frames.ts';
import type { Loaded, PredictPath, SetSpec } from './port.ts';

/** What a program is told when it is to load its model. */
export function loadRequest({ load, variables, limits }: SetSpec): Uint8Array {
  const request = {
    protocol: PROTOCOL_VERSION,
    ...load,
    modelConfig: load.modelConfig ?? null,
    variables,
    answerBytes: limits.answerBytes,
  };
  return new TextEncoder().encode(JSON.stringify(request));
}

/**
 * The steps by which a program that has greeted is shut in.
 * @throws AppError Internal where it speaks another protocol
 */
export function isolationOf(hello: Readonly<Record<string, unknown>>): readonly string[] {
  const protocols = Array.isArray(hello.protocol) ? hello.protocol : [];
  if (!protocols.includes(PROTOCOL_VERSION))
    throw new AppError('Internal', 'The program speaks another protocol than the server.');
  return Array.isArray(hello.isolation) ? hello.isolation.map(String) : [];
}

const PATHS: readonly PredictPath[] = ['array', 'frame', 'raw'];
const ROW_STATES = ['proven', 'refused', 'off', 'forced'] as const;

/** @throws AppError Internal where the program did not say what it must */
export function readLoaded(frame: Frame, isolation: readonly string[]): Loaded {
  const message = readJson(frame);
  const path = PATHS.find((known) => known === message.path);
  const rowWise = message.rowWise as { state?: unknown; why?: unknown } | undefined;
  const state = ROW_STATES.find((known) => known === rowWise?.state);
  if (path === undefined || state === undefined)
    throw new AppError('Internal', 'The program did not say how it calls the model.');
  return {
    path,
    rowWise: { state, why: String(rowWise?.why) },
    output: message.output === 'json' ? 'json' : 'columns',
    versions: Object.fromEntries(
      Object.entries(message.versions ?? {}).map(([name, version]) => [name, String(version)]),
    ),
    warnings: Array.isArray(message.warnings) ? message.warnings.map(String) : [],
    loadMs: Number(message.loadMs),
    memoryBytes: Number(message.memoryBytes),
    isolation,
  };
}
