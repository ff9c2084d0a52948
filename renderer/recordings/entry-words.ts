import { affectedRows } from '../sql/results/affected-rows.ts';
import { tookText } from '../sql/results/run-words.ts';
import type { IconName } from '../theme/Icon.tsx';
import { type EntryMark, markOf, type StatementEntry, type TimelineEntry } from './timeline.ts';

const icons: Readonly<Record<EntryMark, IconName>> = {
  ok: 'check',
  masked: 'masked',
  refused: 'refused',
  error: 'warning',
  cancelled: 'close',
  note: 'info',
  open: 'clock',
};
const notes: Readonly<Record<Exclude<TimelineEntry['kind'], 'statement'>, IconName>> = {
  client: 'person',
  message: 'info',
  cancel: 'close',
  end: 'power',
};

/** The sign on the line; each mark has a shape of its own. */
export const iconOf = (entry: TimelineEntry): IconName =>
  entry.kind === 'statement' ? icons[markOf(entry)] : notes[entry.kind];

/** Tone of the sign: only what was refused or failed has one. */
export function toneOf(entry: TimelineEntry): string {
  const mark = markOf(entry);
  return mark === 'refused' ? ' no' : mark === 'error' ? ' warn' : '';
}

const count = (rows: number, word = 'row') =>
  `${rows.toLocaleString('en-US')} ${word}${rows === 1 ? '' : 's'}`;

/** *6 rows, 4 ms*, *3 rows changed, 7 ms*, *1 ms*. */
export function outcomeWords(entry: StatementEntry): string {
  const parts: string[] = [];
  const rows = entry.results.reduce(
    (sum, result) => sum + result.store.length + result.omitted + result.unreadable,
    0,
  );
  const changes = entry.outcomes.flatMap(({ tag }) => affectedRows(tag ?? '') ?? []);
  if (entry.results.length > 0) parts.push(count(rows));
  if (changes.length > 0)
    parts.push(`${count(changes.reduce((sum, change) => sum + change.rows, 0))} changed`);
  if (entry.copied) parts.push(`${bytesText(entry.copied.bytes)} copied ${entry.copied.direction}`);
  if (entry.took !== undefined) parts.push(tookText(entry.took));
  return parts.join(', ');
}

/** *940 B*, *41 kB*, *4.1 MB*. */
export function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 999_500) return `${Math.round(bytes / 1000)} kB`;
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

/** *Thursday 12 March 2026, 13:58 to 14:21 UTC*. */
export function spanText(from: string, to: number): string {
  const start = new Date(from);
  const end = new Date(to).toISOString();
  const day = `${days[start.getUTCDay()] ?? ''} ${start.getUTCDate()} ${months[start.getUTCMonth()] ?? ''} ${start.getUTCFullYear()}`;
  return `${day}, ${start.toISOString().slice(11, 16)} to ${end.slice(11, 16)} UTC`;
}
