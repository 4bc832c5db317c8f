/** A run that was opened on this browser. */
export interface OpenedRun {
  readonly runId: string;
  readonly name: string;
  readonly experimentId: string;
}

const KEY = 'slipway.opened-runs';
const MOST = 10;

/** The latest first; what is not understood is left out. */
export function parseOpened(text: string | null): readonly OpenedRun[] {
  let list: unknown;
  try {
    list = JSON.parse(text ?? '[]');
  } catch {
    return [];
  }
  return Array.isArray(list) ? list.filter(isOpened).slice(0, MOST) : [];
}

function isOpened(value: unknown): value is OpenedRun {
  if (typeof value !== 'object' || value === null) return false;
  const { runId, name, experimentId } = value as Record<string, unknown>;
  return typeof runId === 'string' && typeof name === 'string' && typeof experimentId === 'string';
}

/** With the run at the beginning, once. */
export const withOpened = (opened: readonly OpenedRun[], run: OpenedRun): readonly OpenedRun[] =>
  [run, ...opened.filter(({ runId }) => runId !== run.runId)].slice(0, MOST);

export const readOpened = (): readonly OpenedRun[] => parseOpened(localStorage.getItem(KEY));

export function noteOpened({ runId, name, experimentId }: OpenedRun): void {
  localStorage.setItem(KEY, JSON.stringify(withOpened(readOpened(), { runId, name, experimentId })));
}
