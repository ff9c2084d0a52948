import { type KeyboardEvent, memo, type PointerEvent, useMemo } from 'react';
import { secondText } from '../sql/results/run-words.ts';
import { thinned } from './marked-times.ts';
import { activity } from './playback.ts';
import { type EntryMark, markOf, type TimelineEntry } from './timeline-entry.ts';

const BARS = 140;
const STEP = 5_000;

/** What a mark on the line looks like and says; each has its own shape. */
export const pins: Partial<Record<EntryMark, { readonly className: string; readonly text: string }>> = {
  refused: { className: 'n', text: 'Refused' },
  error: { className: 'w', text: 'Error' },
  masked: { className: 'm', text: 'Masked' },
  held: { className: 'h', text: 'Held' },
  approved: { className: 'a', text: 'Approved' },
  glass: { className: 'g', text: 'Broken glass' },
  command: { className: 'c', text: 'Opened' },
  file: { className: 'f', text: 'File' },
};

interface TrackProps {
  readonly entries: readonly TimelineEntry[];
  /** When anything happened, ascending. */
  readonly moments: readonly number[];
  /** Where output was masked. */
  readonly masked: readonly { readonly at: number }[];
  readonly version: number;
  readonly length: number;
  readonly began: number;
  readonly at: number;
  readonly onSeek: (at: number) => void;
}

/** Time as a line: how much happened when, marks of what stands out, and a head to move. */
export function Track({ entries, moments, masked, version, length, began, at, onSeek }: TrackProps) {
  const bars = useBars(entries, moments, version, length);
  const share = length === 0 ? 0 : at / length;
  const seek = (to: number) => onSeek(Math.max(0, Math.min(length, to)));
  const seekPointer = (event: PointerEvent<HTMLElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    seek(((event.clientX - box.left) / box.width) * length);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const moves: Record<string, number> = {
      ArrowLeft: at - STEP,
      ArrowRight: at + STEP,
      ArrowDown: at - STEP,
      ArrowUp: at + STEP,
      Home: 0,
      End: length,
    };
    const to = moves[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    seek(to);
  };
  return (
    <div
      className="track"
      role="slider"
      tabIndex={0}
      aria-label="Time in the recording"
      aria-valuemin={0}
      aria-valuemax={Math.round(length / 1000)}
      aria-valuenow={Math.round(at / 1000)}
      aria-valuetext={`${secondText(began + at)} UTC`}
      onKeyDown={onKeyDown}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        seekPointer(event);
      }}
      onPointerMove={(event) => {
        if (event.currentTarget.hasPointerCapture(event.pointerId)) seekPointer(event);
      }}
    >
      <div className="wave">
        {bars.map((height, index) => (
          <i
            // biome-ignore lint/suspicious/noArrayIndexKey: bars are places on the line
            key={index}
            className={index / BARS < share ? 'p' : ''}
            style={{ height: 1 + Math.round(height ** 0.6 * 17) }}
          />
        ))}
      </div>
      <div className="line">
        <i style={{ width: `${share * 100}%` }} />
      </div>
      <MaskedPins masked={masked} version={version} length={length} />
      <Pins entries={entries} length={length} />
      <span className="head" style={{ left: `${share * 100}%` }} />
    </div>
  );
}

/** The marks; they stay while the head moves. */
const Pins = memo(function Pins({ entries, length }: Pick<TrackProps, 'entries' | 'length'>) {
  return entries.map((entry) => {
    const pin = pins[markOf(entry)];
    if (pin === undefined) return null;
    return (
      <span
        key={entry.seq}
        className={`pin ${pin.className}`}
        title={pin.text}
        style={{ left: `${(entry.at / Math.max(1, length)) * 100}%` }}
      />
    );
  });
});

/** Where output was masked; of those that would lie on each other, one. */
const MaskedPins = memo(function MaskedPins({
  masked,
  version,
  length,
}: Pick<TrackProps, 'masked' | 'version' | 'length'>) {
  // biome-ignore lint/correctness/useExhaustiveDependencies: masked is one list, the version says that it grew
  const shown = useMemo(() => thinned(masked, length), [masked, version, length]);
  return shown.map((at) => (
    <span
      key={at}
      className="pin m"
      title="Masked"
      style={{ left: `${(at / Math.max(1, length)) * 100}%` }}
    />
  ));
});

/** How high the bars are. Of what still grows they are measured anew whenever it has grown by a hundredth. */
function useBars(
  entries: readonly TimelineEntry[],
  moments: readonly number[],
  version: number,
  length: number,
): readonly number[] {
  const grown = version === 0 ? 0 : Math.round(Math.log(moments.length * (length + 1) + 1) * 100);
  // biome-ignore lint/correctness/useExhaustiveDependencies: moments are one list; see above
  return useMemo(() => {
    const shown = moments.map((at) => ({ at, weight: 1 }));
    const rows = entries.map((entry) => ({
      at: entry.at,
      weight:
        entry.kind === 'statement' ? 2 + entry.results.reduce((sum, { store }) => sum + store.length, 0) : 1,
    }));
    return activity([...shown, ...rows], length, BARS);
  }, [moments, grown]);
}
