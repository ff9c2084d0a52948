import { durationText } from './time-text.ts';

const usual = [15, 30, 60, 120, 240, 480, 1440].map((minutes) => minutes * 60);

/**
 * The durations to offer, in seconds: at most four that fit under the profile's limit, the limit itself
 * always among them. Whoever needs another types it.
 */
export function durationChoices(maximum: number): readonly number[] {
  const fitting = usual.filter((seconds) => seconds < maximum);
  return [...fitting.slice(-3), maximum];
}

/** Shorter times to approve instead of what was asked for, in seconds. */
export function shorterChoices(asked: number): readonly number[] {
  return usual.filter((seconds) => seconds < asked).slice(-3);
}

/** What somebody typed as a duration, in seconds: `45`, `45 min`, `1h30m`, `1.5 h`, `2 h 15 min`. */
export function readDuration(text: string): number | undefined {
  const trimmed = text.trim().toLowerCase();
  if (/^\d+$/.test(trimmed)) return positive(Number(trimmed) * 60);
  const pieces = [
    ...trimmed.matchAll(/(\d+(?:[.,]\d+)?)\s*(days?|d|hours?|hrs?|h|minutes?|mins?|m)(?![a-z])/g),
  ];
  const rest = trimmed
    .replace(/(\d+(?:[.,]\d+)?)\s*(days?|d|hours?|hrs?|h|minutes?|mins?|m)(?![a-z])/g, '')
    .trim();
  if (pieces.length === 0 || rest !== '') return undefined;
  let seconds = 0;
  for (const [, amount = '0', unit = 'm'] of pieces) {
    const size = unit.startsWith('d') ? 86_400 : unit.startsWith('h') ? 3600 : 60;
    seconds += Number(amount.replace(',', '.')) * size;
  }
  return positive(Math.round(seconds));
}

const positive = (seconds: number) => (seconds > 0 && Number.isSafeInteger(seconds) ? seconds : undefined);

/** Why a duration can't be asked for, or undefined where it can. */
export function durationProblem(seconds: number | undefined, maximum: number): string | undefined {
  if (seconds === undefined) return 'Write a time such as 45 min or 1 h 30 min.';
  if (seconds < 60) return 'The shortest time is 1 min.';
  if (seconds > maximum) return `At most ${durationText(maximum)} with this profile.`;
  return undefined;
}
