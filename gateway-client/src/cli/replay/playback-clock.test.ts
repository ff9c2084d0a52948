import { expect, test } from 'vitest';
import type { ClientClock } from '../../clock.ts';
import { PlaybackClock, type PlaybackOptions } from './playback-clock.ts';

/** Sleeps pass at once and move the time, unless they are held. */
class HandClock implements ClientClock {
  time = 1_000;
  readonly slept: number[] = [];
  hold: ((slept: number, signal: AbortSignal) => Promise<void>) | undefined;

  now(): number {
    return this.time;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    this.slept.push(ms);
    if (this.hold && signal) return this.hold(ms, signal);
    this.time += ms;
  }
}

const playback = (clock: HandClock, options: Partial<PlaybackOptions> = {}) =>
  new PlaybackClock({
    clock,
    speed: 1,
    idleLimit: Number.POSITIVE_INFINITY,
    signal: new AbortController().signal,
    ...options,
  });

test('takes the time it took, at a pace, with silences cut short', async () => {
  const clock = new HandClock();
  const play = playback(clock, { speed: 2, idleLimit: 1_000 });
  await play.until(100);
  await play.until(100);
  await play.until(60_100);
  expect(clock.slept).toEqual([50, 500]);
});

test('makes up for what writing took', async () => {
  const clock = new HandClock();
  const play = playback(clock);
  await play.until(100);
  clock.time += 30;
  await play.until(200);
  clock.time += 300;
  await play.until(300);
  expect(clock.slept).toEqual([100, 70]);
});

test('a pause takes no recorded time', async () => {
  const clock = new HandClock();
  const play = playback(clock);
  let asleep = () => {};
  const sleeping = new Promise<void>((resolve) => {
    asleep = resolve;
  });
  clock.hold = (_ms, signal) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
      asleep();
    });
  const due = play.until(1_000);
  await sleeping;
  clock.time += 400;
  expect(play.toggle()).toBe(true);
  clock.time += 10_000;
  clock.hold = undefined;
  expect(play.toggle()).toBe(false);
  await due;
  expect(clock.slept).toEqual([1_000, 600]);
});

test('its signal ends the waiting, also in a pause', async () => {
  const stop = new AbortController();
  const play = playback(new HandClock(), { signal: stop.signal });
  play.toggle();
  const due = play.until(1_000);
  stop.abort(new Error('stopped'));
  await expect(due).rejects.toThrow('stopped');
});
