import { type KeyboardEvent, type PointerEvent, useEffect, useMemo, useRef } from 'react';
import { secondText } from '../sql/results/run-words.ts';
import { Icon } from '../theme/Icon.tsx';
import { IconButton } from '../theme/IconButton.tsx';
import { Seg } from '../theme/Seg.tsx';
import { activity, advance, neighbour } from './playback.ts';
import { type EntryMark, markOf, type TimelineEntry } from './timeline.ts';

const BARS = 140;
const STEP = 5_000;

export type Speed = '1' | '2' | '4';

export interface Playing {
  /** Milliseconds since the start. */
  readonly at: number;
  readonly running: boolean;
  readonly speed: Speed;
  readonly skipIdle: boolean;
}

interface PlayerProps {
  readonly entries: readonly TimelineEntry[];
  readonly length: number;
  readonly began: number;
  readonly playing: Playing;
  readonly onChange: (change: Partial<Playing>) => void;
}

const pins: Partial<Record<EntryMark, { readonly className: string; readonly text: string }>> = {
  masked: { className: 'm', text: 'Masked' },
  refused: { className: 'n', text: 'Refused' },
  error: { className: 'w', text: 'Error' },
};

/** Time as a line: how much happened when, marks of what was refused, masked or failed, and a head to move. */
export function Player({ entries, length, began, playing, onChange }: PlayerProps) {
  const { at, running, speed, skipIdle } = playing;
  const times = useMemo(() => entries.map((entry) => entry.at), [entries]);
  const bars = useMemo(() => {
    const weight = (entry: TimelineEntry) =>
      entry.kind === 'statement' ? 2 + entry.results.reduce((sum, { store }) => sum + store.length, 0) : 1;
    return activity(
      entries.map((entry) => ({ at: entry.at, weight: weight(entry) })),
      length,
      BARS,
    );
  }, [entries, length]);
  const share = length === 0 ? 0 : at / length;
  const latest = useRef({ at, onChange });
  latest.current = { at, onChange };

  useEffect(() => {
    if (!running) return;
    let before = performance.now();
    let frame = requestAnimationFrame(function step(now) {
      const next = advance(latest.current.at, now - before, Number(speed), times, skipIdle, length);
      before = now;
      latest.current.onChange(next >= length ? { at: length, running: false } : { at: next });
      frame = requestAnimationFrame(step);
    });
    return () => cancelAnimationFrame(frame);
  }, [running, speed, skipIdle, times, length]);

  const seek = (to: number) => onChange({ at: Math.max(0, Math.min(length, to)) });
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
    seek(to);
  };
  const step = (direction: 1 | -1) => {
    const to = neighbour(at, times, direction);
    if (to !== undefined) onChange({ at: to, running: false });
  };

  return (
    <div className="player">
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
        {entries.map((entry) => {
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
        })}
        <span className="head" style={{ left: `${share * 100}%` }} />
      </div>
      <div className="row">
        <IconButton icon="back" label="Previous event" onClick={() => step(-1)} />
        <IconButton
          icon={running ? 'pause' : 'play'}
          label={running ? 'Pause' : 'Play'}
          className={running ? 'on' : ''}
          onClick={() =>
            onChange(at >= length && !running ? { at: 0, running: true } : { running: !running })
          }
        />
        <IconButton icon="forward" label="Next event" onClick={() => step(1)} />
        <span className="num mono playtime">
          {secondText(began + at)} <span className="t3">of {secondText(began + length)}</span>
        </span>
        <div className="grow" />
        <span className="row meta legend">
          <span className="row">
            <span className="pin n" />
            Refused
          </span>
          <span className="row">
            <span className="pin w" />
            Error
          </span>
          <span className="row">
            <span className="pin m" />
            Masked
          </span>
        </span>
        <span className="vsep" />
        <button
          type="button"
          className="chip"
          aria-pressed={skipIdle}
          onClick={() => onChange({ skipIdle: !skipIdle })}
        >
          {skipIdle ? <Icon name="check" small className="c-accent" /> : null}
          Skip idle
        </button>
        <Seg<Speed>
          label="Speed"
          value={speed}
          onChange={(next) => onChange({ speed: next })}
          options={[
            { value: '1', text: '1×' },
            { value: '2', text: '2×' },
            { value: '4', text: '4×' },
          ]}
        />
      </div>
    </div>
  );
}
