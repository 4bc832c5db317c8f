/** One line of a hex view: where it begins, the bytes as digits, and as letters where they are some. */
export interface HexRow {
  readonly offset: string;
  readonly hex: string;
  readonly letters: string;
}

export const BYTES_A_ROW = 16;

export function hexRow(bytes: Uint8Array, row: number): HexRow {
  const start = row * BYTES_A_ROW;
  const part = [...bytes.subarray(start, start + BYTES_A_ROW)];
  const digits = part.map((byte) => byte.toString(16).padStart(2, '0'));
  return {
    offset: start.toString(16).padStart(8, '0'),
    hex: `${digits.slice(0, 8).join(' ')}  ${digits.slice(8).join(' ')}`.padEnd(48),
    letters: part.map((byte) => (byte > 31 && byte < 127 ? String.fromCharCode(byte) : '·')).join(''),
  };
}
