/** A place on an axis of the kind that several charts have, pointed at in one of them. */
export interface CrosshairPlace {
  readonly axis: string;
  readonly value: number;
}

type Listener = (place: CrosshairPlace | undefined) => void;

const listeners = new Set<Listener>();

/** Shows the place in all charts with this axis; undefined takes it away. */
export function pointAt(place: CrosshairPlace | undefined): void {
  for (const listener of listeners) listener(place);
}

export function followCrosshair(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
