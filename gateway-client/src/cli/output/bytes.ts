const UNITS = ['kB', 'MB', 'GB', 'TB'];

/** `420 bytes`, `1.3 MB`; units are powers of 1000. */
export function byteCount(bytes: number): string {
  if (bytes < 1000) return `${bytes} byte${bytes === 1 ? '' : 's'}`;
  let size = bytes;
  let unit = -1;
  do {
    size /= 1000;
    unit += 1;
  } while (size >= 999.95 && unit < UNITS.length - 1);
  return `${size.toFixed(1)} ${UNITS[unit] ?? ''}`;
}
