import { parseDuration } from '@drawbridge/contract';

const CLOCK = /^([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/;
const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;

/** A day on the person's own calendar, as its first moment; undefined where it is none. */
export function readDay(text: string): Date | undefined {
  const [, year, month, day] = DAY.exec(text) ?? [];
  if (year === undefined) return undefined;
  const date = new Date(Number(year), Number(month) - 1, Number(day));
  // The 31st of a shorter month is no day.
  return date.getMonth() === Number(month) - 1 && date.getDate() === Number(day) ? date : undefined;
}

/** A time of day on the person's own clock: on `day`, else the last one that has been. @param now milliseconds */
export function readTimeOfDay(text: string, now: number, day?: Date): Date | undefined {
  const [, hours, minutes, seconds = '0'] = CLOCK.exec(text) ?? [];
  if (hours === undefined) return undefined;
  const at = new Date(day ?? now);
  at.setHours(Number(hours), Number(minutes), Number(seconds), 0);
  if (day === undefined && at.getTime() > now) at.setDate(at.getDate() - 1);
  return at;
}

/**
 * A moment as people write it: how long ago (`2h`, `1d12h`), a time of day (`02:15`, the last one that has been), a day
 * (`2026-01-31`, its beginning), a day and a time (`2026-01-31 02:15`), all on their own clock; or RFC 3339.
 * @param now milliseconds
 */
export function readMoment(text: string, now: number): Date | undefined {
  const trimmed = text.trim();
  const ago = parseDuration(trimmed);
  if (ago !== undefined) return new Date(now - ago * 1000);
  const [date = '', time, ...rest] = trimmed.split(/[ T]/);
  if (rest.length > 0) return undefined;
  const day = readDay(date);
  if (day !== undefined && time === undefined) return day;
  const local = readTimeOfDay(time ?? date, now, day);
  if (local !== undefined && (time === undefined || day !== undefined)) return local;
  // Only with a zone: Date reads much that is no time.
  if (!/^\d{4}-\d{2}-\d{2}T.*(?:Z|[+-]\d{2}:\d{2})$/i.test(trimmed)) return undefined;
  const exact = new Date(trimmed);
  return Number.isNaN(exact.getTime()) ? undefined : exact;
}
