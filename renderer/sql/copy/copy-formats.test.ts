import { describe, expect, it } from 'vitest';
import { encodeRows } from '../rows/encode-rows.ts';
import type { GridColumn } from '../rows/grid-rows.ts';
import { RowStore } from '../rows/row-store.ts';
import { type CopyFormat, copyAs, formulaCells } from './copy-formats.ts';

const columns: GridColumn[] = [
  { name: 'id', type: 'int8', format: 'text' },
  { name: 'no "te"', type: 'text', format: 'text' },
  {
    name: 'email',
    type: 'text',
    format: 'text',
    masked: { rule: 'pii', mask: 'email', column: 'public.customers.email' },
  },
  { name: 'ok', type: 'bool', format: 'text' },
  { name: 'data', type: 'jsonb', format: 'text' },
];
const store = new RowStore();
store.append(
  encodeRows([
    ['9007199254740993', 'a,"b"', '••••@x.example', 't', '{"a": [1]}'],
    ['2', null, null, 'f', null],
    ['3', "it's\n=1", '••••@y.example', null, 'null'],
    ['-4', '', '=HYPERLINK("x")', 't', '"s"'],
  ]),
);
const rows = { columns, store };
const all = { top: 0, bottom: 3, left: 0, right: 4 };
const copy = (format: CopyFormat, range = all) =>
  [...copyAs(format, { rows, range }, ['public', 'customers'])].join('');

describe('copyAs', () => {
  it('writes CSV as RFC 4180 says, with NULL told from an empty text', () => {
    expect(copy('csv').split('\r\n')).toEqual([
      'id,"no ""te""",email,ok,data',
      '9007199254740993,"a,""b""",••••@x.example,t,"{""a"": [1]}"',
      '2,,,f,',
      '3,"it\'s\n=1",••••@y.example,,null',
      '-4,"","=HYPERLINK(""x"")",t,"""s"""',
      '',
    ]);
  });

  it('writes JSON that keeps every digit, booleans and documents', () => {
    const text = copy('json');
    expect(text).toContain('"id": 9007199254740993,');
    const parsed: unknown = JSON.parse(text);
    expect(parsed).toMatchObject([
      { ok: true, data: { a: [1] }, email: '••••@x.example' },
      { 'no "te"': null, email: null },
      { data: null },
      { data: 's' },
    ]);
  });

  it('gives columns of one name keys of their own', () => {
    const twice = { columns: [columns[0], columns[0]] as GridColumn[], store: new RowStore() };
    twice.store.append(encodeRows([['1', '2']]));
    const text = [
      ...copyAs('json', { rows: twice, range: { top: 0, bottom: 0, left: 0, right: 1 } }, []),
    ].join('');
    expect(JSON.parse(text)).toEqual([{ id: 1, id_2: 2 }]);
  });

  it('writes INSERT with quoted names and literals, and says what is masked', () => {
    const lines = copy('insert').split('\n');
    expect(lines[0]).toBe('-- email was masked by pii: not the real values');
    expect(lines[1]).toBe(
      `INSERT INTO "public"."customers" ("id", "no ""te""", "email", "ok", "data") VALUES (9007199254740993, 'a,"b"', '••••@x.example', true, '{"a": [1]}');`,
    );
    expect(lines[2]).toContain('VALUES (2, NULL, NULL, false, NULL);');
    expect(lines[3]).toContain("'it''s");
  });

  it('copies only the range, tab-separated and one line a row', () => {
    expect(copy('tsv', { top: 2, bottom: 3, left: 0, right: 1 })).toBe("3\tit's =1\n-4\t");
  });

  it('counts cells that a spreadsheet would run, numbers aside', () => {
    expect(formulaCells({ rows, range: all })).toBe(1);
  });

  it('gives way between pieces of a large copy', () => {
    const many = new RowStore();
    many.append(encodeRows(Array.from({ length: 1000 }, (_, index) => [String(index)])));
    const source = {
      rows: { columns: columns.slice(0, 1), store: many },
      range: { top: 0, bottom: 999, left: 0, right: 0 },
    };
    const pieces = [...copyAs('csv', source, [])];
    expect(pieces.length).toBeGreaterThan(4);
    expect(pieces.join('').split('\r\n')).toHaveLength(1002);
  });
});
