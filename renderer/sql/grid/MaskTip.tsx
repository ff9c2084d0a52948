import { Icon } from '../../theme/Icon.tsx';
import type { GridColumn } from '../rows/grid-rows.ts';
import { ROW_HEIGHT } from './GridRow.tsx';
import { maskWords } from './mask-words.ts';

const HEIGHT = 92;

interface MaskTipProps {
  readonly column: GridColumn | undefined;
  readonly x: number;
  /** Below the cell; it goes above where there is no room. */
  readonly y: number;
  readonly height: number;
}

/** Which rule masked a cell, beside the cell. */
export function MaskTip({ column, x, y, height }: MaskTipProps) {
  const masked = column?.masked;
  if (masked === undefined || y < ROW_HEIGHT || y > height + ROW_HEIGHT) return null;
  const top = y + HEIGHT > height ? y - ROW_HEIGHT - HEIGHT - 12 : y;
  return (
    <div role="tooltip" className="gtip" style={{ left: x, top: Math.max(4, top) }}>
      <span className="strong">
        <Icon name="masked" small />
        Masked by {masked.rule}
      </span>
      {maskWords[masked.mask]} The value was masked at the gateway and never reached this computer.
    </div>
  );
}
