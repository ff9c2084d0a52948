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
    expect(store.bytes).toBeLessThan(100_000 * (7 + 4 + 5 + 4));
  });

  it('keeps rows in less than they came in, and nothing of what they came in', () => {
    const store = new RowStore();
    const row = [
      '881223',
      '2026-03-12 14:01:52+00',
      'Nadia Benali',
      null,
      '148.00',
      'EUR',
      '',
      'leave at door',
    ];
    const frames = encodeRows(Array.from({ length: 500 }, () => row));
    for (let chunk = 0; chunk < 100; chunk++) store.append(frames);
    frames.fill(0);
    expect(store.bytes).toBeLessThan(frames.length * 100 * 0.85);
    const columns = row.map((_, index) => text(String(index)));
    expect(columns.map((_, column) => cellText({ columns, store }, 49_999, column))).toEqual(row);
  });

  it('costs little for a small result, and takes a value larger than a block', () => {
    const store = new RowStore();
    store.append(encodeRows([['a']]));
    expect(store.bytes).toBeLessThan(100);
    const long = 'x'.repeat(3_000_000);
    store.append(encodeRows([['b'], [long], ['c']]));
    const rows = { columns: [text('x')], store };
    expect([0, 1, 3].map((row) => cellText(rows, row, 0))).toEqual(['a', 'b', 'c']);
    expect(cellText(rows, 2, 0)).toHaveLength(3_000_000);
  });

  it('refuses what is not whole rows, and keeps what it had', () => {
    const store = new RowStore();
    store.append(encodeRows([['a']]));
    expect(() => store.append(encodeRows([['b']]).subarray(0, 9))).toThrow(RangeError);
    expect(() => store.append(new Uint8Array([0x5a, 0, 0, 0, 5, 0x49, 0, 0]))).toThrow(RangeError);
    expect(store.length).toBe(1);
  });

  it('refuses a row that lies about its lengths', () => {
    const store = new RowStore();
    for (const lie of [1_000, -2, 2]) {
      const frame = encodeRows([['abc', 'd']]);
      new DataView(frame.buffer).setInt32(7, lie);
      expect(() => store.append(frame)).toThrow(RangeError);
    }
    expect(store.length).toBe(0);
  });
});
