import { copyText } from '../../state/actions.ts';
import { Button } from '../../theme/Button.tsx';
import { Dialog } from '../../theme/Dialog.tsx';
import { cellText, type GridRows } from '../rows/grid-rows.ts';
import type { Cell } from './selection.ts';

interface CellDialogProps {
  readonly rows: GridRows;
  readonly cell: Cell;
  readonly onClose: () => void;
}

/** The whole value of a cell; JSON is indented. */
export function CellDialog({ rows, cell, onClose }: CellDialogProps) {
  const column = rows.columns[cell.column];
  const text = cellText(rows, cell.row, cell.column);
  const name = column?.name ?? '';
  return (
    <Dialog label={`${name}, row ${cell.row + 1}`} onClose={onClose} width={640}>
      <header className="dhead">
        <h2 className="grow ell">
          {name} <span className="meta">{column?.type}</span>
        </h2>
        <span className="meta">row {(cell.row + 1).toLocaleString('en-US')}</span>
      </header>
      <div className="dbody">
        {column?.masked ? <p className="meta c-masked">Masked by {column.masked.rule}</p> : null}
        {text === null || text === '' ? (
          <p className="t3">{text === null ? 'NULL' : 'An empty text'}</p>
        ) : (
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a long value has to be scrolled by keyboard too
          <pre className="cellvalue selectable" tabIndex={0}>
            {column?.type === 'json' || column?.type === 'jsonb' ? indented(text) : text}
          </pre>
        )}
      </div>
      <footer className="dfoot">
        <div className="grow" />
        <Button size="l" icon="copy" disabled={text === null} onClick={() => copyText(text ?? '', 'Value')}>
          Copy
        </Button>
        <Button size="l" onClick={onClose}>
          Close
        </Button>
      </footer>
    </Dialog>
  );
}

function indented(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    return text;
  }
}
