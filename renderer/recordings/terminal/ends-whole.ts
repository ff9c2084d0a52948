/** Bytes from the end that are looked at; control strings that are longer end elsewhere soon enough. */
const TAIL = 512;

/** What follows an ESC of a whole sequence (ECMA-48, section 5): control sequences, control strings, and the rest. */
const WHOLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what ends a string
  /^(?:\[[\x20-\x3f]*[\x40-\x7e]|[\]PX^_][^\x07]*\x07|[\x20-\x2f]+[\x30-\x7e]|[\x30-\x4f\x51-\x57\x59\x5a\x5c\x60-\x7e])/;

/**
 * Whether output stands between two characters or sequences where these bytes end, so that a terminal can begin there
 * anew. Says no where it can't tell.
 */
export function endsWhole(bytes: Uint8Array): boolean {
  const tail = bytes.subarray(Math.max(0, bytes.length - TAIL));
  if ((tail.at(-1) ?? 0) >= 0x80) return false;
  const begin = tail.lastIndexOf(0x1b);
  if (begin === -1) return true;
  return WHOLE.test(String.fromCharCode(...tail.subarray(begin + 1)));
}
