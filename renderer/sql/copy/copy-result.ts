import { attempt, showToast } from '../../state/actions.ts';
import { call } from '../../state/bridge.ts';
import type { SelectedRange } from '../grid/selection.ts';
import type { GridRows } from '../rows/grid-rows.ts';
import { collectText } from './collect-text.ts';
import { type CopyFormat, copyAs, formulaCells } from './copy-formats.ts';

/** What `clipboard.write` and `files.save` take. */
const MOST_COPIED = 20_000_000;
const MOST_SAVED = 200_000_000;

interface CopyJob {
  readonly rows: GridRows;
  readonly range: SelectedRange;
  readonly format: CopyFormat;
  /** Name of the table for INSERTs. */
  readonly table: readonly string[];
}

const words: Readonly<Record<CopyFormat, string>> = {
  csv: 'CSV',
  json: 'JSON',
  insert: 'INSERT',
  tsv: 'text',
};
const extensions: Readonly<Record<CopyFormat, string>> = {
  csv: 'csv',
  json: 'json',
  insert: 'sql',
  tsv: 'tsv',
};

/** Puts rows on the clipboard, masked values as they are. */
export async function copyResult(job: CopyJob): Promise<void> {
  await attempt('Nothing was copied', async () => {
    const text = await collectText(copyAs(job.format, job, job.table), MOST_COPIED);
    if (text === undefined) throw new Error('It is too much for the clipboard. Export it to a file.');
    await call('clipboard.write', { text });
    showToast({
      kind: 'info',
      title: `${rowsText(job.range)} copied as ${words[job.format]}`,
      ...warning(job),
    });
  });
}

/** Saves rows where the person says. */
export async function exportResult(job: CopyJob, name: string): Promise<void> {
  await attempt('Nothing was exported', async () => {
    const text = await collectText(copyAs(job.format, job, job.table), MOST_SAVED);
    if (text === undefined)
      throw new Error('It is more than 200 MB. Export fewer rows, or use psql with \\copy.');
    const { saved } = await call('files.save', { name: `${name}.${extensions[job.format]}`, text });
    if (saved !== undefined)
      showToast({ kind: 'info', title: `${rowsText(job.range)} exported`, ...warning(job) });
  });
}

function rowsText({ top, bottom }: SelectedRange): string {
  const count = bottom - top + 1;
  return count === 1 ? '1 row' : `${count.toLocaleString('en-US')} rows`;
}

/** Values are never altered for a spreadsheet's sake; it is said that one may take them for formulas. */
function warning(job: CopyJob): { body: string } | undefined {
  if (job.format !== 'csv' && job.format !== 'tsv') return undefined;
  const cells = formulaCells(job);
  if (cells === 0) return undefined;
  const what = cells === 1 ? 'One value begins' : `${cells.toLocaleString('en-US')} values begin`;
  return { body: `${what} like a formula. Import as text before opening it in a spreadsheet.` };
}

/** Name for an exported file: the resource and the time, in UTC. */
export function exportName(resource: string, at: number): string {
  return `${resource}-${new Date(at).toISOString().slice(0, 19).replaceAll(':', '')}`;
}
