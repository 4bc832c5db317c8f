/** The numbers that are promised take minutes: `npm run faults:full` asks for them, `npm test` for a part. */
const isFull = process.env.SLIPWAY_FAULTS === 'full';

/** `full` where the promised numbers are asked for, else `light`. */
export const atScale = (light: number, full: number): number => (isFull ? full : light);

export const SCALE_TIMEOUT_MS = isFull ? 1_800_000 : 180_000;
