import type { IdleSkip } from './playback.ts';

export type Speed = '0.5' | '1' | '2' | '4' | '8';

/** Where the player stands and how it goes. */
export interface Playing {
  /** Milliseconds since the start. */
  readonly at: number;
  readonly running: boolean;
  readonly speed: Speed;
  readonly idle: IdleSkip;
  /** Stays at the end of a live session as it goes on. */
  readonly following: boolean;
}

export const playingAtStart: Playing = {
  at: 0,
  running: false,
  speed: '1',
  idle: { on: true, over: 2_000 },
  following: true,
};
