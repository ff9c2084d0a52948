import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMask } from '../../../masking/mask.ts';
import { MalformedMessage } from '../codec/message-reader.ts';
import { Catalog, type CatalogRelation } from './catalog.ts';
import { describeResult, UNKNOWN_ORIGIN } from './describe-result.ts';
import { Lineage } from './lineage.ts';
import { maskRows } from './mask-rows.ts';
import { Routines } from './routines.ts';

interface Field {
  name: string;
  table?: number;
  attribute?: number;
  type?: number;
  format?: number;
}

function rowDescription(...fields: Field[]): Buffer {
  const parts = fields.map(({ name, table = 0, attribute = 0, type = 25, format = 0 }) => {
    const rest = Buffer.alloc(18);
    rest.writeUInt32BE(table, 0);
    rest.writeInt16BE(attribute, 4);
    rest.writeUInt32BE(type, 6);
    rest.writeInt16BE(format, 16);
    return Buffer.concat([Buffer.from(`${name}\0`), rest]);
  });
  const body = Buffer.concat(parts);
  const head = Buffer.alloc(7);
  head.write('T');
  head.writeInt32BE(body.length + 6, 1);
  head.writeInt16BE(fields.length, 5);
  return Buffer.concat([head, body]);
}

function dataRow(values: readonly (Buffer | string | null)[]): Buffer {
  const parts = values.map((value) => {
    const bytes = value === null ? Buffer.alloc(0) : Buffer.from(value as string);
    const length = Buffer.alloc(4);
    length.writeInt32BE(value === null ? -1 : bytes.length);
    return Buffer.concat([length, bytes]);
  });
  const body = Buffer.concat(parts);
  const head = Buffer.alloc(7);
  head.write('D');
  head.writeInt32BE(body.length + 6, 1);
  head.writeInt16BE(values.length, 5);
  return Buffer.concat([head, body]);
}

const masked = { rule: 'pii', mask: 'full', column: 'public.customers.ssn' } as const;
const relation = (more: Partial<CatalogRelation>): CatalogRelation => ({
  oid: 20_000,
  schema: 'public',
  name: 'customers',
  kind: 'r',
  columns: new Map([
    [1, { name: 'id', type: 23 }],
    [2, { name: 'ssn', type: 25 }],
  ]),
  masked: new Map([[2, masked]]),
  triggers: false,
  rewrites: false,
  ...more,
});
const nothing = {
  functions: new Set<string>(),
  harmlessFunctions: new Set<string>(),
  operators: new Set<string>(),
  types: new Set<string>(),
};
const catalog = new Catalog(
  'x',
  [
    relation({}),
    relation({ oid: 20_001, name: 'v', masked: new Map(), taint: 'it computes' }),
    relation({ oid: 1259, name: 'pg_class', columns: new Map(), masked: new Map() }),
  ],
  nothing,
  new Set([30_000]),
  {
    lineage: new Lineage({
      inherits: [],
      viewShapes: [],
      viewReads: [],
      viewCalls: [],
      viewNeeds: [],
      ruleNeeds: [],
      foreignKeys: [],
      rewrites: [],
    }),
    routines: new Routines({ functions: [], operators: [], casts: [], domains: [], types: [] }),
  },
);
const plan = { labels: new Set(['ssn']) };

describe('a result is described by where its columns come from', () => {
  const of = (...fields: Field[]) => describeResult(rowDescription(...fields), plan, { catalog });

  it('masks by table and number, whatever the name', () => {
    const result = of(
      { name: 'id', table: 20_000, attribute: 1, type: 23 },
      { name: 'harmless', table: 20_000, attribute: 2 },
    );
    expect(result).toMatchObject({
      columns: [
        { name: 'id', type: 'int4', format: 'text' },
        { name: 'harmless', type: 'text', format: 'text', masked },
      ],
      maskRow: expect.any(Function),
    });
  });

  it('leaves rows alone where nothing is masked', () => {
    const result = of(
      { name: 'id', table: 20_000, attribute: 1 },
      { name: 'n' },
      { name: 'relname', table: 1259, attribute: 2 },
    );
    expect(result).toHaveProperty('rowDescription');
    expect(result).not.toHaveProperty('maskRow');
  });

  it.each<[string, Field, RegExp]>([
    ['a whole row', { name: 'c', table: 20_000, attribute: 0, type: 2249 }, /whole row/],
    ['a view that computes', { name: 'id', table: 20_001, attribute: 1 }, /it computes/],
    ['a masked name without origin', { name: 'SSN' }, /doesn't say where it comes from/],
  ])('refuses %s', (_what, field, message) =>
    expect(of(field)).toMatchObject({ sqlstate: '42501', message: expect.stringMatching(message) }),
  );

  it('says so when it knows neither table nor column', () => {
    expect(of({ name: 'x', table: 29_999, attribute: 1 })).toBe(UNKNOWN_ORIGIN);
    expect(of({ name: 'x', table: 20_000, attribute: 9 })).toBe(UNKNOWN_ORIGIN);
  });

  it('lets system columns pass', () =>
    expect(of({ name: 'ctid', table: 20_000, attribute: -1 })).not.toHaveProperty('maskRow'));

  it("takes formats from Bind where it has them, by Bind's rule", () => {
    const frame = rowDescription({ name: 'a' }, { name: 'b' });
    const formats = (codes: number[]) => {
      const result = describeResult(frame, {}, { catalog, formats: codes });
      return typeof result === 'object' && 'columns' in result
        ? result.columns.map(({ format }) => format)
        : result;
    };
    expect(formats([])).toEqual(['text', 'text']);
    expect(formats([1])).toEqual(['binary', 'binary']);
    expect(formats([0, 1])).toEqual(['text', 'binary']);
  });

  it('masks text of extensions as text, numbers as NULL', () => {
    const frame = rowDescription(
      { name: 'a', table: 20_000, attribute: 2, type: 30_000 },
      { name: 'b', table: 20_000, attribute: 2, type: 20 },
    );
    const result = describeResult(frame, {}, { catalog });
    if (typeof result !== 'object' || !('maskRow' in result) || !result.maskRow)
      throw new Error('not masked');
    const row = dataRow(['secret', '12345']);
    const out = Buffer.alloc(1000);
    const end = result.maskRow(row, 0, row.length, out, 0);
    expect(out.subarray(0, end)).toEqual(dataRow(['••••••', null]));
  });

  it('every cut of a RowDescription is malformed', () => {
    const frame = rowDescription({ name: 'a', table: 20_000, attribute: 2 }, { name: 'b' });
    for (let length = 0; length < frame.length; length += 1) {
      expect(() => describeResult(frame.subarray(0, length), {}, { catalog })).toThrow(MalformedMessage);
    }
  });
});

describe('rows', () => {
  const cell = fc.option(fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)));
  const mask = createMask('full', { text: true });

  it('keep every unmasked byte and none of the masked ones, wherever they stand in the buffer', () => {
    const rows = fc
      .array(fc.tuple(cell, fc.boolean()), { minLength: 1, maxLength: 8 })
      .filter((cells) => cells.some(([, hidden]) => hidden));
    fc.assert(
      fc.property(rows, fc.nat(20), fc.nat(20), (cells, before, at) => {
        const row = dataRow(cells.map(([value]) => value));
        const frame = Buffer.concat([Buffer.alloc(before, 1), row, Buffer.alloc(5, 1)]);
        const { maskRow, grow } = maskRows(cells.map(([, hidden]) => (hidden ? mask : undefined)));
        const out = Buffer.alloc(at + grow(row.length), 0xee);
        const end = maskRow(frame, before, before + row.length, out, at);
        const expected = dataRow(
          cells.map(([value, hidden]) => (hidden && value !== null ? '••••••' : value)),
        );
        expect(out.subarray(at, end)).toEqual(expected);
      }),
    );
  });

  it('that do not fit their description, or themselves, are malformed', () => {
    const { maskRow } = maskRows([undefined, mask]);
    const out = Buffer.alloc(1000);
    const apply = (row: Buffer) => () => maskRow(row, 0, row.length, out, 0);
    expect(apply(dataRow(['a']))).toThrow(MalformedMessage);
    expect(apply(dataRow(['a', 'b', 'c']))).toThrow(MalformedMessage);
    const row = dataRow(['a', 'b']);
    for (let length = 0; length < row.length; length += 1)
      expect(apply(row.subarray(0, length))).toThrow(MalformedMessage);
    row.writeInt32BE(-2, 7);
    expect(apply(row)).toThrow(MalformedMessage);
  });
});
