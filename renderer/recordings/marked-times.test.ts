import { expect, it } from 'vitest';
import { markedTimes, thinned } from './marked-times.ts';
import type { TimelineEntry } from './timeline-entry.ts';

const note: TimelineEntry = { kind: 'message', seq: 0, at: 5, title: 'Notice' };
const held: TimelineEntry = {
  kind: 'held',
  seq: 1,
  at: 30,
  review: 'cmd_1',
  text: 'delete from a',
  parameters: [],
  groups: ['dba'],
};

it('goes to what was held and where output was masked, in order and each moment once', () => {
  expect(markedTimes([note, held], [{ at: 10 }, { at: 30 }, { at: 40 }])).toEqual([10, 30, 40]);
});

it('shows one pin where many would lie on each other', () => {
  expect(thinned([{ at: 0 }, { at: 1 }, { at: 500 }, { at: 501 }, { at: 900 }], 1000)).toEqual([0, 500, 900]);
});
