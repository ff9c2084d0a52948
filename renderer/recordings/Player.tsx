import { Menu } from '@mantine/core';
import { useEffect, useMemo, useRef } from 'react';
import { secondText } from '../sql/results/run-words.ts';
import { Button } from '../theme/Button.tsx';
import { Icon } from '../theme/Icon.tsx';
import { IconButton } from '../theme/IconButton.tsx';
import { Seg } from '../theme/Seg.tsx';
import { markedTimes } from './marked-times.ts';
import { advance, neighbour } from './playback.ts';
import type { Playing, Speed } from './playing.ts';
import { pins, Track } from './Track.tsx';
import { markOf, type TimelineEntry } from './timeline-entry.ts';

interface PlayerProps {
  readonly entries: readonly TimelineEntry[];
  /** When anything happened, ascending. */
  readonly moments: readonly number[];
  /** Where output was masked. */
  readonly masked: readonly { readonly at: number }[];
  readonly version: number;
  readonly length: number;
  readonly began: number;
  /** The moment that is shown. */
  readonly at: number;
  readonly playing: Playing;
  /** More is being recorded. */
  readonly live: boolean;
  readonly onChange: (change: Partial<Playing>) => void;
}

const speeds: readonly Speed[] = ['0.5', '1', '2', '4', '8'];
const speedText: Readonly<Record<Speed, string>> = { '0.5': '½×', 1: '1×', 2: '2×', 4: '4×', 8: '8×' };
/** Seconds. */
const idles = [1, 2, 5, 10, 30];

/** Plays a recording: time as a line, and what starts, stops and steps. */
export function Player(props: PlayerProps) {
  const { entries, moments, masked, version, length, began, at, playing, live, onChange } = props;
  const { running, speed, idle, following } = playing;
  const times = useMemo(() => entries.map((entry) => entry.at), [entries]);
  const legend = useMemo(() => {
    const marks = new Set(entries.map(markOf));
    if (masked.length > 0) marks.add('masked');
    return Object.entries(pins).filter(([mark]) => marks.has(mark as keyof typeof pins));
  }, [entries, masked.length]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: masked is one list, the version says that it grew
  const marked = useMemo(() => markedTimes(entries, masked), [entries, masked, version]);
  const latest = useRef({ at, length, onChange });
  latest.current = { at, length, onChange };

  useEffect(() => {
    if (!running) return;
    let before = performance.now();
    let frame = requestAnimationFrame(function step(now) {
      const { at, length, onChange } = latest.current;
      const next = advance(at, now - before, Number(speed), moments, idle, length);
      before = now;
      onChange(next >= length ? { at: length, running: false, following: true } : { at: next });
      frame = requestAnimationFrame(step);
    });
    return () => cancelAnimationFrame(frame);
  }, [running, speed, idle, moments]);

  const step = (among: readonly number[], direction: 1 | -1) => {
    const to = neighbour(at, among, direction);
    if (to !== undefined) onChange({ at: to, running: false });
  };
  return (
    <div className="player">
      <Track
        entries={entries}
        moments={moments}
        masked={masked}
        version={version}
        length={length}
        began={began}
        at={at}
        onSeek={(to) => onChange({ at: to })}
      />
      <div className="row">
        <IconButton icon="back" label="Previous event" onClick={() => step(times, -1)} />
        <IconButton
          icon={running ? 'pause' : 'play'}
          label={running ? 'Pause' : 'Play'}
          className={running ? 'on' : ''}
          disabled={live && following}
          onClick={() =>
            onChange(at >= length && !running ? { at: 0, running: true } : { at, running: !running })
          }
        />
        <IconButton icon="forward" label="Next event" onClick={() => step(times, 1)} />
        <span className="num mono playtime">
          {secondText(began + at)} <span className="t3">of {secondText(began + length)}</span>
        </span>
        {live && !following ? (
          <Button icon="forward" onClick={() => onChange({ following: true, running: false })}>
            Back to live
          </Button>
        ) : null}
        <div className="grow" />
        {marked.length === 0 ? null : (
          <span className="row markstep">
            <IconButton small icon="up" label="Previous mark" onClick={() => step(marked, -1)} />
            <IconButton small icon="down" label="Next mark" onClick={() => step(marked, 1)} />
          </span>
        )}
        <span className="row meta legend">
          {legend.map(([mark, { className, text }]) => (
            <span key={mark} className="row">
              <span className={`pin ${className}`} />
              {text}
            </span>
          ))}
        </span>
        {legend.length === 0 ? null : <span className="vsep" />}
        <span className="row idleskip">
          <button
            type="button"
            className="chip"
            aria-pressed={idle.on}
            onClick={() => onChange({ idle: { ...idle, on: !idle.on } })}
          >
            {idle.on ? <Icon name="check" small className="c-accent" /> : null}
            Skip idle
          </button>
          <Menu position="top-end">
            <Menu.Target>
              <button type="button" className="chip" aria-label="What counts as idle">
                <span className="num">over {idle.over / 1000} s</span>
                <Icon name="down" small />
              </button>
            </Menu.Target>
            <Menu.Dropdown>
              {idles.map((seconds) => (
                <Menu.Item
                  key={seconds}
                  onClick={() => onChange({ idle: { on: true, over: seconds * 1000 } })}
                >
                  Over {seconds} s
                </Menu.Item>
              ))}
            </Menu.Dropdown>
          </Menu>
        </span>
        <Seg<Speed>
          label="Speed"
          value={speed}
          onChange={(value) => onChange({ speed: value })}
          options={speeds.map((value) => ({ value, text: speedText[value], label: `${value} times` }))}
        />
      </div>
    </div>
  );
}
