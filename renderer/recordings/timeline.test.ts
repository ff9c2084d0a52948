import type { RecordedColumn, RecordingEvent, RecordingEventInput } from '@drawbridge/contract';
import { describe, expect, it } from 'vitest';
import { encodeRows } from '../sql/rows/encode-rows.ts';
import { cellText } from '../sql/rows/grid-rows.ts';
import { decidedWords } from './entry-words.ts';
import { Timeline } from './timeline.ts';
import { entryMatches, markOf, maskedIn, type StatementEntry } from './timeline-entry.ts';

const email: RecordedColumn = {
  name: 'email',
  type: 'text',
  format: 'text',
  masked: { rule: 'pii', mask: 'email', column: 'public.c.email' },
};
const id: RecordedColumn = { name: 'id', type: 'int4', format: 'binary' };
const statement = (number: number, text: string, more: object = {}): RecordingEventInput =>
  ({
    type: 'statement',
    statement: number,
    text,
    mode: 'simple',
    actions: ['sql.read'],
    tables: ['public.c'],
    decision: 'allow',
    ...more,
  }) as RecordingEventInput;

function timelineOf(...inputs: (RecordingEventInput & { payload?: Uint8Array })[]): Timeline {
  const timeline = new Timeline();
  for (const [seq, { payload, ...event }] of inputs.entries())
    timeline.add({ ...event, seq, at: seq * 10 } as RecordingEvent, payload);
  return timeline;
}
const rows = (number: number, payload: Uint8Array, count = 1) =>
  ({ type: 'rows', statement: number, format: 'postgres.DataRow', count, payload }) as const;
const done = (number: number, tag: string, count: number) =>
  ({ type: 'result', statement: number, status: 'ok', tag, rows: count }) as const;

describe('Timeline', () => {
  it('ties rows and results to their statement, and names what was masked', () => {
    const timeline = timelineOf(
      statement(1, 'select email from c'),
      { type: 'columns', statement: 1, columns: [email] },
      rows(1, encodeRows([['•@x']])),
      done(1, 'SELECT 1', 1),
    );
    const [entry] = timeline.entries as StatementEntry[];
    expect(entry).toMatchObject({
      text: 'select email from c',
      took: 30,
      outcomes: [{ tag: 'SELECT 1', rows: 1 }],
    });
    expect(
      entry &&
        cellText(entry.results[0]?.rows ?? { columns: [], store: { length: 0, cell: () => null } }, 0, 0),
    ).toBe('•@x');
    expect(entry && maskedIn(entry)).toEqual([{ column: 'email', rule: 'pii' }]);
    expect(entry && markOf(entry)).toBe('masked');
    expect(timeline.length).toBe(30);
  });

  it('reads binary columns by their type', () => {
    const frame = encodeRows([['abcd']]);
    frame.set([0, 0, 1, 2], frame.length - 4);
    const timeline = timelineOf(
      statement(1, 'x'),
      { type: 'columns', statement: 1, columns: [id] },
      rows(1, frame),
    );
    const [entry] = timeline.entries as StatementEntry[];
    expect(entry?.results[0] && cellText(entry.results[0].rows, 0, 0)).toBe('258');
  });

  it('gives each further run of a prepared statement an entry of its own', () => {
    const timeline = timelineOf(
      statement(1, 'select $1', { mode: 'prepare' }),
      { type: 'columns', statement: 1, columns: [email] },
      { type: 'execute', statement: 1, parameters: ['a'] },
      rows(1, encodeRows([['a']])),
      done(1, 'SELECT 1', 1),
      { type: 'execute', statement: 1, parameters: ['b'] },
      rows(1, encodeRows([['b'], ['c']]), 2),
      done(1, 'SELECT 2', 2),
    );
    const entries = timeline.entries as StatementEntry[];
    expect(
      entries.map(({ parameters, results, took }) => [parameters, results[0]?.store.length, took]),
    ).toEqual([
      [['a'], 1, 40],
      [['b'], 2, 20],
    ]);
  });

  it('marks refusals, errors and the end', () => {
    const timeline = timelineOf(
      statement(1, 'delete', { decision: 'deny', reason: 'no writing' }),
      statement(2, 'select x'),
      {
        type: 'result',
        statement: 2,
        status: 'error',
        error: { code: '42703', severity: 'ERROR', message: 'no column x' },
      },
      { type: 'end', code: 'client_closed', reason: 'done' },
    );
    expect(timeline.entries.map(markOf)).toEqual(['refused', 'error', 'note']);
    const found = (wanted: string) =>
      timeline.entries.filter((entry) => entryMatches(entry, wanted, cellText)).length;
    expect([found('writing'), found('42703'), found('done'), found('nothing')]).toEqual([1, 1, 1, 0]);
  });

  it('goes on after rows that can not be read', () => {
    const timeline = timelineOf(
      statement(1, 'x'),
      { type: 'columns', statement: 1, columns: [email] },
      rows(1, new Uint8Array([1, 2]), 3),
      done(1, 'SELECT 3', 3),
    );
    expect((timeline.entries as StatementEntry[])[0]?.results[0]?.unreadable).toBe(3);
  });

  it('shows what was held, how long, and what people decided, each with a mark of its own', () => {
    const bob = { kind: 'user', id: 'usr_1', name: 'bob', displayName: 'Bob Okafor' };
    const review = (state: string, more: object = {}) =>
      ({ type: 'review', review: 'cmd_1', state, ...more }) as RecordingEventInput;
    const timeline = timelineOf(
      review('pending', { text: 'delete from c where id = 1', groups: ['dba'] }),
      review('approved', { by: [bob] }),
      statement(1, 'delete from c where id = 1', { review: 'cmd_1' }),
      review('pending', { review: 'cmd_2', text: 'delete from c', groups: ['dba'] }),
      review('denied', { review: 'cmd_2', by: [bob], reason: 'All of them?' }),
      review('pending', { review: 'cmd_3', text: 'delete from d', groups: ['dba'] }),
      review('approved', { review: 'cmd_3', brokenGlass: true, reason: 'Down' }),
    );
    const { entries } = timeline;
    expect(entries.map((entry) => [entry.kind, markOf(entry)])).toEqual([
      ['held', 'held'],
      ['decided', 'approved'],
      ['statement', 'open'],
      ['held', 'held'],
      ['decided', 'refused'],
      ['held', 'held'],
      ['decided', 'glass'],
    ]);
    expect(entries[0]).toMatchObject({ text: 'delete from c where id = 1', groups: ['dba'], waited: 10 });
    expect(entries.flatMap((entry) => (entry.kind === 'decided' ? [decidedWords(entry)] : []))).toEqual([
      'Approved once by Bob Okafor',
      'Denied by Bob Okafor',
      'The glass was broken: it went ahead without approval',
    ]);
    const found = (wanted: string) =>
      entries.filter((entry) => entryMatches(entry, wanted, cellText)).map(({ seq }) => seq);
    expect(found('bob')).toEqual([1, 4]);
    expect(found('all of them')).toEqual([4]);
  });

  it('a run of a prepared statement that was denied is refused, and the next one is not', () => {
    const { entries } = timelineOf(
      statement(1, 'delete from c where id = $1', { mode: 'prepare' }),
      { type: 'execute', statement: 1, parameters: ['1'], decision: 'deny', reason: 'Bob denied it' },
      { type: 'execute', statement: 1, parameters: ['2'] },
    );
    expect(entries.map(markOf)).toEqual(['refused', 'open']);
    expect(entries[0]).toMatchObject({ parameters: ['1'], refused: { reason: 'Bob denied it' } });
  });

  it('knows where output was masked', () => {
    const output = (more: object) =>
      ({ type: 'output', channel: 1, stream: 'stdout', ...more }) as RecordingEventInput;
    expect(timelineOf(output({}), output({ masked: 2 })).masked).toEqual([{ at: 10, count: 2 }]);
  });
});
