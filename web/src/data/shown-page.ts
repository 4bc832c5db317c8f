// Whether anybody can see the page: it is in the tab in front, and was not left for another that lies over it in the
// history.
let isLeft = false;
const isShown = () => !isLeft && document.visibilityState === 'visible';

/** Tabs that are stepped through are hidden for a moment only. */
const HIDDEN_MS = 2000;

/** Calls back after each change of whether the page is shown, until the signal is aborted. */
function onChange(signal: AbortSignal, callBack: () => void): void {
  const options = { signal };
  document.addEventListener('visibilitychange', callBack, options);
  for (const kind of ['pagehide', 'pageshow'] as const) {
    window.addEventListener(
      kind,
      () => {
        isLeft = kind === 'pagehide';
        callBack();
      },
      options,
    );
  }
}

/** Resolves when the page is shown, at once if it is; also when the signal is aborted. */
export function untilShown(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = new AbortController();
    const look = () => {
      if (!isShown() && !signal.aborted) return;
      done.abort();
      resolve();
    };
    onChange(AbortSignal.any([signal, done.signal]), look);
    signal.addEventListener('abort', look, { signal: done.signal });
    look();
  });
}

/** A signal that is aborted with `signal`, when the page is left, and when it was hidden for two seconds. */
export function whileShown(signal: AbortSignal): AbortSignal {
  const hidden = new AbortController();
  const ended = AbortSignal.any([signal, hidden.signal]);
  let timer: ReturnType<typeof setTimeout> | undefined;
  onChange(ended, () => {
    clearTimeout(timer);
    if (isLeft) hidden.abort();
    else if (!isShown()) timer = setTimeout(() => hidden.abort(), HIDDEN_MS);
  });
  return ended;
}
