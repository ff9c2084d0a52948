import type { IconName } from '../../theme/Icon.tsx';
import type { RunLog } from '../console/console-state.ts';
import { affectedRows } from './affected-rows.ts';

export interface RunWords {
  readonly icon: IconName;
  readonly tone: string;
  readonly text: string;
}

const count = (rows: number) => `${rows.toLocaleString('en-US')} row${rows === 1 ? '' : 's'}`;

/** What came of a run, in a few words with an icon. */
export function runWords({ outcome, purpose }: RunLog): RunWords {
  if (outcome === undefined) return { icon: 'clock', tone: 't3', text: 'Running' };
  switch (outcome.kind) {
    case 'ok':
      return {
        icon: 'check',
        tone: 'c-active',
        text: purpose === 'explain' ? 'Plan' : tagWords(outcome.tags, outcome.rows),
      };
    case 'error':
      if (outcome.error.refused) return { icon: 'refused', tone: 'c-denied', text: 'Refused' };
      return { icon: 'warning', tone: 'c-pending', text: `Error ${outcome.error.code}` };
    case 'cancelled':
      return {
        icon: 'close',
        tone: 't3',
        text: outcome.rows === 0 ? 'Cancelled' : `Cancelled at ${count(outcome.rows)}`,
      };
    case 'lost':
      return { icon: 'offline', tone: 'c-pending', text: 'Connection lost' };
    default:
      return outcome satisfies never;
  }
}

const CHANGED: ReadonlyMap<string, string> = new Map([
  ['INSERT', 'inserted'],
  ['UPDATE', 'updated'],
  ['DELETE', 'deleted'],
  ['MERGE', 'merged'],
]);

/** *12,480 rows*, *3 rows updated*, *BEGIN*, *4 statements*. */
function tagWords(tags: readonly string[], rows: number): string {
  const [tag] = tags;
  if (tag === undefined || tag === '') return 'Done';
  if (tags.length > 1) return `${tags.length} statements, ${count(rows)}`;
  const changed = affectedRows(tag);
  if (changed !== undefined) return `${count(changed.rows)} ${CHANGED.get(changed.command) ?? 'changed'}`;
  return /^(?:SELECT|FETCH|COPY|SHOW|EXPLAIN|VALUES|TABLE)\b/.test(tag) ? count(rows) : tag;
}

/** *84 ms*, *1.24 s*, *2 min 5 s*. */
export function tookText(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(2)} s`;
  return `${Math.floor(milliseconds / 60_000)} min ${Math.round((milliseconds % 60_000) / 1000)} s`;
}

/** `14:04:12`, UTC. */
export const secondText = (at: number): string => new Date(at).toISOString().slice(11, 19);
