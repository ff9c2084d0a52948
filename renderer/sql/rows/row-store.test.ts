import { describe, expect, it } from 'vitest';
import { encodeRows } from './encode-rows.ts';
import { cellText, type GridColumn } from './grid-rows.ts';
import { RowStore } from './row-store.ts';

const text = (name: string): GridColumn => ({ name, type: 'text', format: 'text' });

describe('RowStore', () => {
  it('finds each value across chunks, and tells NULL from an empty text', () => {
    const store = new RowStore();
    expect(
      store.append(
        encodeRows([
          ['a', null],
          ['', 'b'],
        ]),
      ),
    ).toBe(2);
    expect(store.append(encodeRows([['ß', '日本']]))).toBe(1);
    const rows = { columns: [text('x'), text('y')], store };
    expect([0, 1, 2].map((row) => [cellText(rows, row, 0), cellText(rows, row, 1)])).toEqual([
      ['a', null],
      ['', 'b'],
      ['ß', '日本'],
    ]);
    expect(store.cell(3, 0)).toBeUndefined();
    expect(store.cell(0, 2)).toBeUndefined();
  });

  it('finds rows of a large result in any order', () => {
    const store = new RowStore();
    for (let chunk = 0; chunk < 200; chunk++)
      store.append(encodeRows(Array.from({ length: 500 }, (_, index) => [String(chunk * 500 + index)])));
    const rows = { columns: [text('n')], store };
    expect(store.length).toBe(100_000);
    for (const row of [99_999, 0, 500, 499, 73_211, 1]) expect(cellText(rows, row, 0)).toBe(String(row));
    expect(store.bytes).toBeLessThan(100_000 * (7 + 4 + 5 + 4) + 1);
  });

  it('does not keep a larger buffer alive', () => {
    const frame = encodeRows([['a']]);
    const pool = new Uint8Array(65_536);
    pool.set(frame, 100);
    const store = new RowStore();
    store.append(pool.subarray(100, 100 + frame.length));
    expect((store.cell(0, 0) ?? pool).buffer.byteLength).toBe(frame.length);
  });

  it('refuses what is not whole rows, and keeps what it had', () => {
    const store = new RowStore();
    store.append(encodeRows([['a']]));
    expect(() => store.append(encodeRows([['b']]).subarray(0, 9))).toThrow(RangeError);
    expect(() => store.append(new Uint8Array([0x5a, 0, 0, 0, 5, 0x49, 0, 0]))).toThrow(RangeError);
    expect(store.length).toBe(1);
  });

  it('reads a row that lies about its lengths as missing values', () => {
    const frame = encodeRows([['abc', 'd']]);
    new DataView(frame.buffer).setInt32(7, 1_000);
    const store = new RowStore();
    store.append(frame);
    expect(store.cell(0, 0)).toBeUndefined();
    expect(store.cell(0, 1)).toBeUndefined();
  });
});
