import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeCell, decodeDataRows } from './postgres-rows.ts';

const utf8 = new TextEncoder();
const hex = (text: string): Uint8Array =>
  Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));

/** DataRow as PostgreSQL sends it. */
function dataRow(values: readonly (Uint8Array | null)[]): Uint8Array {
  const size = values.reduce((sum, value) => sum + 4 + (value?.length ?? 0), 6);
  const bytes = new Uint8Array(1 + size);
  const view = new DataView(bytes.buffer);
  bytes[0] = 0x44;
  view.setUint32(1, size);
  view.setUint16(5, values.length);
  let offset = 7;
  for (const value of values) {
    view.setInt32(offset, value?.length ?? -1);
    bytes.set(value ?? [], offset + 4);
    offset += 4 + (value?.length ?? 0);
  }
  return bytes;
}

const binary = (type: string, bytes: string) => decodeCell(hex(bytes), { type, format: 'binary' });

describe('decodeDataRows', () => {
  it('gives back what rows were made of', () => {
    const value = fc.option(fc.uint8Array({ maxLength: 20 }), { nil: null });
    fc.assert(
      fc.property(fc.array(fc.array(value, { maxLength: 5 }), { maxLength: 5 }), (rows) => {
        const payload = rows.flatMap((row) => [...dataRow(row)]);
        expect(decodeDataRows(Uint8Array.from(payload))).toEqual(rows);
      }),
    );
  });

  it('refuses anything else, whatever its lengths claim', () => {
    const row = dataRow([utf8.encode('abc'), null]);
    for (let length = 1; length < row.length; length++)
      expect(() => decodeDataRows(row.subarray(0, length))).toThrow(RangeError);
    fc.assert(
      fc.property(fc.nat(row.length - 1), fc.integer({ min: 0, max: 255 }), (index, byte) => {
        const changed = Uint8Array.from(row);
        changed[index] = byte;
        try {
          decodeDataRows(changed);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
    );
  });
});

describe('decodeCell', () => {
  it('shows text as text and NULL as null', () => {
    expect(decodeCell(utf8.encode('größer'), { type: 'text', format: 'text' })).toBe('größer');
    expect(decodeCell(utf8.encode('2024-01-01'), { type: 'date', format: 'text' })).toBe('2024-01-01');
    expect(decodeCell(null, { type: 'int4', format: 'binary' })).toBeNull();
  });

  it('shows bytes where it does not know better', () => {
    expect(binary('oid:16432', 'cafe')).toBe('\\xcafe');
    expect(binary('int4', 'cafe')).toBe('\\xcafe');
    expect(binary('bool', '02')).toBe('\\x02');
    expect(binary('text', 'ff')).toBe('\\xff');
    expect(decodeCell(hex('e4'), { type: 'text', format: 'text' })).toBe('\\xe4');
    for (const broken of [
      '',
      '0001',
      '0002000000000000' + '0001',
      '0001000000000000' + '270f' + '00',
      '0001000012340000' + '0001',
      '0001000000000000' + 'ffff',
    ])
      expect(binary('numeric', broken)).toBe(`\\x${broken}`);
  });

  it('never throws, whatever the bytes', () => {
    const types = [
      'bool',
      'int2',
      'int8',
      'float4',
      'float8',
      'numeric',
      'uuid',
      'date',
      'time',
      'timestamp',
      'timestamptz',
      'jsonb',
      'text',
      'bytea',
      'oid',
    ];
    fc.assert(
      fc.property(fc.constantFrom(...types), fc.uint8Array({ maxLength: 20 }), (type, bytes) => {
        expect(typeof decodeCell(bytes, { type, format: 'binary' })).toBe('string');
      }),
      { numRuns: 1000 },
    );
  });
});
