import { describe, expect, it } from 'vitest';
import type { ExportedPart } from './recording-export.ts';
import { rowsApart } from './rows-apart.ts';

async function* stream(parts: readonly ExportedPart[]): AsyncGenerator<ExportedPart> {
  yield* parts;
}
async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}
const payload = new Uint8Array([1, 2, 3]);
const part = (event: Extract<ExportedPart, { kind: 'event' }>['event']): ExportedPart => ({
  kind: 'event',
  event,
  payload,
});

describe('rows that stand in a result', () => {
  it('are read as the event that they would have been, before the result', async () => {
    const found = await all(
      rowsApart(
        stream([
          part({
            seq: 4,
            at: 2.5,
            type: 'result',
            statement: 7,
            status: 'ok',
            tag: 'SELECT 2',
            rows: 2,
            format: 'postgres.DataRow',
            count: 2,
          }),
        ]),
      ),
    );
    expect(found).toEqual([
      {
        kind: 'event',
        event: { seq: 4, at: 2.5, type: 'rows', statement: 7, format: 'postgres.DataRow', count: 2 },
        payload,
      },
      {
        kind: 'event',
        event: { seq: 4, at: 2.5, type: 'result', statement: 7, status: 'ok', tag: 'SELECT 2', rows: 2 },
        payload: new Uint8Array(0),
      },
    ]);
  });

  it('leaves all else as it is', async () => {
    const parts: ExportedPart[] = [
      part({ seq: 0, at: 0, type: 'rows', statement: 1, format: 'postgres.DataRow', count: 1 }),
      part({ seq: 1, at: 0, type: 'result', statement: 1, status: 'ok', tag: 'SELECT 1', rows: 1 }),
      { kind: 'manifest', jws: 'signed' },
    ];
    expect(await all(rowsApart(stream(parts)))).toEqual(parts);
  });
});
