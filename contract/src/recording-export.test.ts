import { describe, expect, it } from 'vitest';
import type { RecordedColumn, RecordingEvent } from './recording.ts';
import { type ExportedPart, exportCsv, exportJson, exportNdjson } from './recording-export.ts';

const utf8 = new TextEncoder();

function rows(...values: (string | null)[][]): Uint8Array {
  const bytes: number[] = [];
  const number = (value: number, size: number) =>
    bytes.push(...[24, 16, 8, 0].slice(4 - size).map((shift) => (value >> shift) & 255));
  for (const row of values) {
    const cells = row.map((value) => (value === null ? null : utf8.encode(value)));
    bytes.push(0x44);
    number(6 + cells.reduce((sum, cell) => sum + 4 + (cell?.length ?? 0), 0), 4);
    number(cells.length, 2);
    for (const cell of cells) {
      number(cell?.length ?? -1, 4);
      bytes.push(...(cell ?? []));
    }
  }
  return Uint8Array.from(bytes);
}

const none = new Uint8Array();
const column = (name: string): RecordedColumn => ({ name, type: 'text', format: 'text' });
const part = (event: RecordingEvent, payload: Uint8Array = none): ExportedPart => ({
  kind: 'event',
  event,
  payload,
});

async function* session(): AsyncGenerator<ExportedPart> {
  yield part({ seq: 0, at: 0, type: 'columns', statement: 1, columns: [column('id'), column('note')] });
  yield part(
    { seq: 1, at: 1, type: 'rows', statement: 1, format: 'postgres.DataRow', count: 2 },
    rows(['1', 'a "b", c'], ['2', null]),
  );
  yield part(
    { seq: 2, at: 1, type: 'rows', statement: 1, format: 'postgres.DataRow', count: 1 },
    rows(['3', '']),
  );
  yield part({ seq: 3, at: 2, type: 'columns', statement: 2, columns: [column('x,y')] });
  yield part(
    { seq: 4, at: 2, type: 'rows', statement: 2, format: 'postgres.DataRow', count: 1 },
    rows(['two\r\nlines']),
  );
  yield part(
    { seq: 5, at: 3, type: 'copy', statement: 3, direction: 'out', format: 'postgres.CopyData' },
    Uint8Array.from([0x64, 0, 0, 0, 5, 0x61, 0x64, 0, 0, 0, 5, 255]),
  );
  yield { kind: 'manifest', jws: 'a.b.c' };
}

async function join(pieces: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const piece of pieces) text += piece;
  return text;
}

describe('exportCsv', () => {
  it('writes the rows of one statement as RFC 4180 has it, with NULL and empty text apart', async () => {
    expect(await join(exportCsv(session(), { statement: 1 }))).toBe(
      'id,note\r\n1,"a ""b"", c"\r\n2,\r\n3,""\r\n',
    );
  });

  it('writes all results one after the other, each under its names', async () => {
    expect(await join(exportCsv(session()))).toBe(
      'id,note\r\n1,"a ""b"", c"\r\n2,\r\n3,""\r\n\r\n"x,y"\r\n"two\r\nlines"\r\n',
    );
  });
});

describe('exportNdjson and exportJson', () => {
  it('tell the same story line by line and as one array', async () => {
    const lines = (await join(exportNdjson(session()))).trimEnd().split('\n');
    const events = lines.map((line) => JSON.parse(line));
    expect(events[1]).toMatchObject({
      seq: 1,
      type: 'rows',
      values: [
        ['1', 'a "b", c'],
        ['2', null],
      ],
    });
    expect(events[5]).toMatchObject({ type: 'copy', data: '\\x61ff' });
    expect(events[6]).toEqual({ type: 'manifest', jws: 'a.b.c' });
    expect(JSON.parse(await join(exportJson(session())))).toEqual(events);
  });

  it('go on after rows that a target sent in no valid form, showing their bytes', async () => {
    async function* hostile(): AsyncGenerator<ExportedPart> {
      yield part(
        { seq: 0, at: 0, type: 'rows', statement: 1, format: 'postgres.DataRow', count: 1 },
        Uint8Array.from([1, 2]),
      );
      yield part({ seq: 1, at: 0, type: 'cancel' });
    }
    const events = JSON.parse(await join(exportJson(hostile())));
    expect(events).toMatchObject([{ type: 'rows', data: '\\x0102' }, { type: 'cancel' }]);
    expect(await join(exportCsv(hostile()))).toContain('\\x0102');
  });
});
