import stringWidth from 'string-width';
import type { Paint } from './style.ts';

export interface Cell {
  readonly text: string;
  readonly paint?: Paint | undefined;
}

export interface Column {
  readonly title: string;
  readonly align?: 'right';
  /** The narrowest this column may become when the terminal is too narrow; columns without it keep their width. */
  readonly shrinkTo?: number;
}

export interface TableOptions {
  /** Columns of the terminal; unlimited when absent, as for pipes and files. */
  readonly width?: number | undefined;
  readonly header?: Paint;
  readonly indent?: string;
}

const GAP = '  ';
const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** Cuts to at most `width` terminal columns, with `…` for what is missing. Wide characters take two. */
export function fit(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let result = '';
  let used = 0;
  for (const { segment } of segmenter.segment(text)) {
    const size = stringWidth(segment);
    if (used + size > width - 1) break;
    result += segment;
    used += size;
  }
  return `${result}…`;
}

/** Aligned columns as lines, without trailing blanks. Texts must be printable and without colour: `paint` adds it. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  options: TableOptions = {},
): string[] {
  const { indent = '', header } = options;
  const widths = columns.map(({ title }, i) =>
    Math.max(stringWidth(title), ...rows.map((row) => stringWidth(row[i]?.text ?? ''))),
  );
  if (options.width !== undefined) shrink(widths, columns, options.width - indent.length);
  const line = (cells: readonly Cell[]): string => {
    let text = '';
    let pad = '';
    for (const [i, column] of columns.entries()) {
      const width = widths[i] ?? 0;
      const cell = cells[i] ?? { text: '' };
      const content = fit(cell.text, width);
      const space = ' '.repeat(Math.max(0, width - stringWidth(content)));
      const painted = content === '' ? '' : (cell.paint?.(content) ?? content);
      if (column.align === 'right') {
        text += pad + space + painted;
        pad = GAP;
      } else {
        // Padding is written only before a further cell, so that no line ends in blanks.
        if (content !== '') {
          text += pad + painted;
          pad = space + GAP;
        } else pad += space + GAP;
      }
    }
    return indent + text;
  };
  const lines = rows.map(line);
  const titles = columns.some(({ title }) => title !== '')
    ? [line(columns.map(({ title }) => ({ text: title, paint: header })))]
    : [];
  return [...titles, ...lines];
}

function shrink(widths: number[], columns: readonly Column[], room: number): void {
  for (;;) {
    const total = widths.reduce((sum, width) => sum + width, 0) + GAP.length * (widths.length - 1);
    if (total <= room) return;
    let widest = -1;
    for (const [i, { shrinkTo }] of columns.entries()) {
      const width = widths[i] ?? 0;
      if (shrinkTo !== undefined && width > shrinkTo && width > (widths[widest] ?? 0)) widest = i;
    }
    if (widest < 0) return;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
}
