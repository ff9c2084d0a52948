// biome-ignore-all lint/a11y/useSemanticElements: an <hr> that moves is a separator with a value, which is what this is
import type { KeyboardEvent, PointerEvent } from 'react';

const LEAST = 60;
const STEP = 20;

interface SplitterProps {
  /** Pixels of what is above. */
  readonly height: number;
  readonly onChange: (height: number) => void;
}

/** The line between editor and results: dragged, moved with arrows, or a double click for the usual height. */
export function Splitter({ height, onChange }: SplitterProps) {
  const most = () => Math.max(LEAST, window.innerHeight - 320);
  const set = (next: number) => onChange(Math.round(Math.max(LEAST, Math.min(most(), next))));
  const onPointerDown = (event: PointerEvent<HTMLElement>) => {
    if (event.button !== 0) return;
    const handle = event.currentTarget;
    const start = event.clientY - height;
    handle.setPointerCapture(event.pointerId);
    const move = ({ clientY }: globalThis.PointerEvent) => set(clientY - start);
    handle.addEventListener('pointermove', move);
    handle.addEventListener('lostpointercapture', () => handle.removeEventListener('pointermove', move), {
      once: true,
    });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const by = event.key === 'ArrowDown' ? STEP : event.key === 'ArrowUp' ? -STEP : 0;
    if (by === 0) return;
    event.preventDefault();
    set(height + by);
  };
  return (
    <div
      className="splitter"
      role="separator"
      tabIndex={0}
      aria-label="Height of the editor"
      aria-orientation="horizontal"
      aria-valuenow={height}
      aria-valuemin={LEAST}
      aria-valuemax={most()}
      onPointerDown={onPointerDown}
      onKeyDown={onKeyDown}
      onDoubleClick={() => set(176)}
    />
  );
}
