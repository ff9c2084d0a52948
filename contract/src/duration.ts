import { z } from 'zod';

const units = { s: 1, m: 60, h: 3600, d: 86_400 } as const;
const pattern = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/;

/** Reads `90s`, `30m`, `1h30m`, `2d` into seconds; undefined where the text is no duration or zero. */
export function parseDuration(text: string): number | undefined {
  const match = pattern.exec(text.trim());
  if (!match) return undefined;
  const [, d = '0', h = '0', m = '0', s = '0'] = match;
  const seconds = Number(d) * units.d + Number(h) * units.h + Number(m) * units.m + Number(s);
  return seconds > 0 && Number.isSafeInteger(seconds) ? seconds : undefined;
}

/** Writes seconds as the shortest text that `parseDuration` reads back: `1h30m`. */
export function formatDuration(seconds: number): string {
  let rest = Math.max(0, Math.round(seconds));
  let text = '';
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    const size = units[unit];
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) text += `${count}${unit}`;
  }
  return text === '' ? '0s' : text;
}

/** A duration in a document: `30m` in the text, seconds once parsed. */
export const Duration = z.string().transform((text, context) => {
  const seconds = parseDuration(text);
  if (seconds !== undefined) return seconds;
  context.addIssue({ code: 'custom', message: 'must be a duration like 30m, 1h or 1h30m' });
  return z.NEVER;
});
