import { useEffect, useRef, useState } from 'react';
import type { TerminalSize } from '../../main/ipc/terminal-port.ts';

/** How long the size is shown after it changed, in milliseconds. */
const SHOWN = 900;

/** Columns and rows, for a moment after the window or the text changed its size. */
export function SizeNote({ size }: { readonly size: TerminalSize | undefined }) {
  const [shown, setShown] = useState(false);
  const before = useRef<TerminalSize | undefined>(undefined);
  useEffect(() => {
    const first = before.current === undefined;
    before.current = size;
    if (first || size === undefined) return;
    setShown(true);
    const timer = setTimeout(() => setShown(false), SHOWN);
    return () => clearTimeout(timer);
  }, [size]);
  if (!shown || size === undefined) return null;
  return (
    <div className="termsize num" aria-hidden="true">
      {size.columns} × {size.rows}
    </div>
  );
}
