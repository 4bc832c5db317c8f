import { nameOf } from './kinds.ts';

/** One picture that `mlflow.log_image(image, key=…, step=…)` logged, with its small twin. */
export interface SteppedImage {
  readonly step: number;
  readonly timestampMs: number;
  /** The full picture; the twin's path where only that is there. */
  readonly path: string;
  /** A smaller copy for quick looks. */
  readonly smallPath: string | undefined;
}

export interface ImageSeries {
  /** As it was logged: `val/confusion matrix`. */
  readonly key: string;
  /** In the order of steps and, within one, of time. */
  readonly images: readonly SteppedImage[];
}

// Clients from 3.x on part the name with `+`, older ones with `%`: images/KEY+step+3+timestamp+17…+UUID(+compressed).png
const NAME = /^(.+)([+%])step\2(-?\d{1,19})\2timestamp\2(\d{1,19})\2([\w-]+?)(\2compressed)?\.(\w+)$/;

interface ParsedName {
  readonly key: string;
  readonly step: number;
  readonly timestampMs: number;
  /** The same for a picture and its twin. */
  readonly id: string;
  readonly isSmall: boolean;
}

export function parseSteppedName(path: string): ParsedName | undefined {
  const match = NAME.exec(nameOf(path));
  if (match === null) return undefined;
  const [, name = '', separator, step, timestamp, uuid, compressed] = match;
  return {
    // A slash in a key became `~`, before that `#`.
    key: name.replaceAll(separator === '%' ? /[#~]/g : /~/g, '/'),
    step: Number(step),
    timestampMs: Number(timestamp),
    id: `${name} ${step} ${timestamp} ${uuid}`,
    isSmall: compressed !== undefined,
  };
}

/** The series among the files of a folder, by key. */
export function imageSeries(paths: readonly string[]): readonly ImageSeries[] {
  const byKey = new Map<
    string,
    Map<string, SteppedImage & { path: string; smallPath: string | undefined }>
  >();
  for (const path of paths) {
    const parsed = parseSteppedName(path);
    if (parsed === undefined) continue;
    const { key, step, timestampMs, id, isSmall } = parsed;
    const images = byKey.get(key) ?? new Map();
    byKey.set(key, images);
    const known = images.get(id);
    if (known === undefined) {
      images.set(id, { step, timestampMs, path, smallPath: isSmall ? path : undefined });
    } else if (isSmall) known.smallPath = path;
    else known.path = path;
  }
  return [...byKey]
    .map(([key, images]) => ({
      key,
      images: [...images.values()].sort((a, b) => a.step - b.step || a.timestampMs - b.timestampMs),
    }))
    .sort((a, b) => a.key.localeCompare(b.key, 'en', { numeric: true }));
}
