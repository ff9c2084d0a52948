import { affectedRows } from '../sql/results/affected-rows.ts';
import { tookText } from '../sql/results/run-words.ts';
import type { IconName } from '../theme/Icon.tsx';
import {
  type ChannelEntry,
  type ChannelExit,
  type DecidedEntry,
  type EntryMark,
  type FileEntry,
  isFailure,
  markOf,
  type NoteEntry,
  type StatementEntry,
  type TimelineEntry,
} from './timeline-entry.ts';

const icons: Readonly<Record<EntryMark, IconName>> = {
  ok: 'check',
  masked: 'masked',
  held: 'held',
  approved: 'check',
  glass: 'warning',
  refused: 'refused',
  error: 'warning',
  cancelled: 'close',
  command: 'terminal',
  file: 'card',
  note: 'info',
  open: 'clock',
};
const channels: Readonly<Record<ChannelEntry['what'], IconName>> = {
  shell: 'terminal',
  exec: 'right',
  sftp: 'table',
  forward: 'link',
};
const notes: Readonly<Record<NoteEntry['kind'], IconName>> = {
  client: 'person',
  message: 'info',
  cancel: 'close',
  signal: 'info',
  end: 'power',
};

/** The sign on the line; each mark has a shape of its own. */
export function iconOf(entry: TimelineEntry): IconName {
  const mark = markOf(entry);
  switch (entry.kind) {
    case 'statement':
    case 'held':
    case 'decided':
      return icons[mark];
    case 'file':
      return mark === 'file' && entry.operation === 'read' ? 'download' : icons[mark];
    case 'channel':
      return mark === 'refused' ? icons.refused : channels[entry.what];
    case 'exit':
      return mark === 'error' ? icons.error : icons.ok;
    default:
      return notes[entry.kind];
  }
}

/** Tone of the sign: only what was refused, held, approved or failed has one. */
export function toneOf(entry: TimelineEntry): string {
  const mark = markOf(entry);
  switch (mark) {
    case 'refused':
    case 'glass':
      return ' no';
    case 'error':
      return ' warn';
    case 'held':
      return ' held';
    case 'approved':
      return ' yes';
    default:
      return '';
  }
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

const names: Readonly<Record<ChannelEntry['what'], string>> = {
  shell: 'Shell',
  exec: 'Command',
  sftp: 'File transfer',
  forward: 'Connection',
};

/** *Shell*, *Connection to db.internal:5432*; what a command is stands for itself. */
export function channelName({ what, destination, direction }: ChannelEntry): string {
  if (destination === undefined) return names[what];
  return direction === 'in' ? `Connections that ${destination} takes in` : `${names[what]} to ${destination}`;
}

/** *exit status 0*, *killed by SIGHUP*, and the bytes where they are all there is to say. */
export function exitWords(exit: ChannelExit, what: ChannelEntry['what'] | undefined): string {
  const parts: string[] = [];
  if (exit.signal !== undefined) parts.push(`killed by SIG${exit.signal.replace(/^SIG/, '')}`);
  else if (exit.code !== undefined && what !== 'forward' && what !== 'sftp')
    parts.push(`exit status ${exit.code}`);
  parts.push(`${bytesText(exit.bytesOut)} out`, `${bytesText(exit.bytesIn)} in`);
  return parts.join(', ');
}

/** *Shell ended*, *Command failed*. */
export const exitTitle = (exit: ChannelExit, what: ChannelEntry['what'] | undefined): string =>
  `${what === undefined ? 'Channel' : names[what]} ${isFailure(exit) ? 'failed' : 'ended'}`;

const operations: Readonly<Record<string, string>> = {
  open: 'Opened',
  read: 'Read',
  write: 'Wrote',
  close: 'Closed',
  list: 'Listed',
  stat: 'Looked at',
  'set-attributes': 'Changed attributes of',
  rename: 'Renamed',
  remove: 'Removed',
  'make-directory': 'Made folder',
  'remove-directory': 'Removed folder',
  link: 'Linked',
  'read-link': 'Read link',
  'real-path': 'Resolved',
};

/** *Wrote /srv/app.tar*; what was refused was only wanted, so it says so as a name. */
export function fileWords({ operation, path, to, refused }: FileEntry): string {
  const name = operation.replaceAll('-', ' ');
  const verb = refused ? name.charAt(0).toUpperCase() + name.slice(1) : (operations[operation] ?? name);
  return `${verb} ${path}${to === undefined ? '' : ` to ${to}`}`;
}

/** *Approved by Bob Okafor*, *Denied by Bob Okafor*, *Nobody decided in time*, *The glass was broken*. */
export function decidedWords({ state, by, brokenGlass }: DecidedEntry): string {
  if (brokenGlass) return 'The glass was broken: it went ahead without approval';
  const who = by.length === 0 ? '' : ` by ${by.join(', ')}`;
  switch (state) {
    case 'approved':
      return `Approved once${who}`;
    case 'denied':
      return `Denied${who}`;
    case 'expired':
      return 'Nobody decided in time';
    case 'withdrawn':
      return 'Withdrawn before anybody decided';
    default:
      return state satisfies never;
  }
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
