/** Of the six connections that a browser has to one server for all of its tabs: the others are for questions. */
const PLACES = 3;
const nameOf = (place: number) => `slipway-stream-${place}`;

/**
 * Holds one of the few places that the tabs of a browser share, while `hold` runs; waits for one if need be, and tells
 * `hold` so. Browsers lend places on encrypted and local pages only: elsewhere there is no limit.
 * @throws what `signal` is aborted with, while waiting
 */
export async function withStreamPlace(
  signal: AbortSignal,
  hold: (hasWaited: boolean) => Promise<void>,
): Promise<void> {
  const { locks } = navigator as { readonly locks?: LockManager };
  if (locks === undefined) return hold(false);
  for (let place = 0; place < PLACES; place++) {
    const isHeld = await locks.request(nameOf(place), { ifAvailable: true }, async (lock) => {
      if (lock !== null) await hold(false);
      return lock !== null;
    });
    if (isHeld) return;
  }
  await locks.request(nameOf(Math.floor(Math.random() * PLACES)), { signal }, () => hold(true));
}
