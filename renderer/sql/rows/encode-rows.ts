/** Rows as DataRow frames in text format: what tests and scripted consoles feed a `RowStore` with. */
export function encodeRows(rows: readonly (readonly (string | null)[])[]): Uint8Array {
  const encoder = new TextEncoder();
  const encoded = rows.map((row) => row.map((value) => (value === null ? null : encoder.encode(value))));
  const sizeOf = (row: readonly (Uint8Array | null)[]) =>
    row.reduce((sum, value) => sum + 4 + (value?.length ?? 0), 7);
  const bytes = new Uint8Array(encoded.reduce((sum, row) => sum + sizeOf(row), 0));
  const view = new DataView(bytes.buffer);
  let offset = 0;
  for (const row of encoded) {
    bytes[offset] = 0x44;
    view.setUint32(offset + 1, sizeOf(row) - 1);
    view.setUint16(offset + 5, row.length);
    offset += 7;
    for (const value of row) {
      view.setInt32(offset, value === null ? -1 : value.length);
      offset += 4;
      if (value === null) continue;
      bytes.set(value, offset);
      offset += value.length;
    }
  }
  return bytes;
}
