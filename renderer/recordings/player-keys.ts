import { neighbour } from './playback.ts';
import type { Playing } from './playing.ts';

/** Milliseconds that an arrow moves. */
const STEP = 5_000;

interface Standing {
  /** The moment that is shown. */
  readonly at: number;
  readonly length: number;
  readonly running: boolean;
  /** When anything happened, ascending. */
  readonly moments: readonly number[];
  /** When something stands out, ascending. */
  readonly marked: readonly number[];
}

/** What a key does to the player: space plays and pauses, arrows move, `.` and `,` step to what was shown next and before, `]` and `[` to what stands out. */
export function keyMove(
  key: string,
  { at, length, running, moments, marked }: Standing,
): Partial<Playing> | undefined {
  switch (key) {
    case ' ':
      return at >= length && !running ? { at: 0, running: true } : { at, running: !running };
    case 'ArrowLeft':
      return { at: Math.max(0, at - STEP) };
    case 'ArrowRight':
      return { at: Math.min(length, at + STEP) };
    case '.':
      return { at: neighbour(at, moments, 1) ?? at, running: false };
    case ',':
      return { at: neighbour(at, moments, -1) ?? at, running: false };
    case ']':
      return { at: neighbour(at, marked, 1) ?? at, running: false };
    case '[':
      return { at: neighbour(at, marked, -1) ?? at, running: false };
    default:
      return undefined;
  }
}
